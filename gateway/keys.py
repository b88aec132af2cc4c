"""The key ring: root keys, from which all other keys are derived, and keys that sign the audit log.

A ring is a JSON document in a file or an environment variable::

    {"format": "sekisho-key-ring/1",
     "keys": [{"id": "k7f3q2abc", "created": "2026-01-31T09:00:00Z", "state": "active",
               "root": "<32 bytes, base64>", "signing": "<32 bytes, base64>"}]}

Exactly one key is active: it is used for everything new. The others are readable: what was made with
them can still be decrypted and verified. ``root`` is the input of HKDF-SHA256 (RFC 5869), ``signing`` an
Ed25519 private key (RFC 8032).
"""

import base64
import os
import re
import secrets
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from gateway.errors import ConfigError
from gateway.settings.server import Keys

Purpose: TypeAlias = Literal[
    "placeholder", "span-cache", "credential", "subject", "vault", "harvest"
]
"""The purpose of a derived key. Keys for different purposes or tenants are independent."""

State: TypeAlias = Literal["active", "readable"]

FORMAT: Final = "sekisho-key-ring/1"
KEY_BYTES: Final = 32
_DERIVED_KEY_CACHE_SIZE: Final = 4096
_KEY_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
# Without characters that are confused when an id is copied by hand.
_KEY_ID_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
# The label line of each key, then its PEM block. Non-greedy: the file holds several blocks.
_PUBLIC_KEY: Final = re.compile(
    r"^Key: (?P<id>\S+)[^\n]*\n(?P<pem>-----BEGIN PUBLIC KEY-----.+?-----END PUBLIC KEY-----)",
    re.MULTILINE | re.DOTALL,
)


class _Row(BaseModel):
    """A key in the JSON document."""

    # pydantic quotes the input in its messages: here, key material.
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    id: str
    created: str
    state: State
    root: str
    signing: str


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: Literal["sekisho-key-ring/1"]
    keys: list[_Row]


_DOCUMENT: Final = TypeAdapter(_Document)


@dataclass(frozen=True, slots=True, kw_only=True)
class RingKey:
    """One entry of the ring. ``created`` is RFC 3339 in UTC."""

    id: str
    created: str
    state: State
    root: bytes = field(repr=False)
    signing: bytes = field(repr=False)


class KeyRing:
    """The keys of one installation. Replicas with the same ring derive the same keys.

    Raises:
        ConfigError: when the keys are not a valid ring (no active key, a duplicate id, …).
    """

    def __init__(self, keys: Iterable[RingKey]) -> None:
        ordered = tuple(keys)
        faults = _ring_faults(ordered)
        if faults:
            raise ConfigError(faults)
        self._keys: Final = {key.id: key for key in ordered}
        self.active_id: Final = next(key.id for key in ordered if key.state == "active")
        # reversed: rotation prepends, so that of two keys made in one second the later in the list is older.
        self.oldest_id: Final = min(reversed(ordered), key=lambda key: key.created).id
        """The key of names that must not change when the ring is rotated."""
        # A cache of each ring: one on the method would keep every ring alive, with its keys.
        self._derived: Final = lru_cache(_DERIVED_KEY_CACHE_SIZE)(self._derive)

    @classmethod
    def new(cls) -> "KeyRing":
        """A ring with one new, active key."""
        return cls([_new_key()])

    @classmethod
    def load(cls, text: str) -> "KeyRing":
        """Parse the JSON document.

        Raises:
            ConfigError: when it is invalid; the message never quotes key material.
        """
        try:
            document = _DOCUMENT.validate_json(text)
        except ValidationError as error:
            raise ConfigError([_line(fault) for fault in error.errors()]) from None
        return cls(_ring_key(row) for row in document.keys)

    def rotate(self) -> "KeyRing":
        """This ring with a new active key; the previously active key stays readable."""
        older = (replace(key, state="readable") for key in self._keys.values())
        return KeyRing([_new_key(), *older])

    def dump(self) -> str:
        """The JSON document. It is secret."""
        rows = [
            {
                "id": key.id,
                "created": key.created,
                "state": key.state,
                "root": base64.b64encode(key.root).decode(),
                "signing": base64.b64encode(key.signing).decode(),
            }
            for key in self._keys.values()
        ]
        document = {"format": FORMAT, "keys": rows}
        return orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n"

    def derive(self, tenant: str, purpose: Purpose, key_id: str | None = None) -> bytes:
        """A key of 32 bytes for one tenant and one purpose.

        Args:
            tenant: the tenant, or ``""`` for keys that belong to no tenant.
            purpose: what the key is for.
            key_id: the root key to derive from; the active one when not given.

        Raises:
            KeyError: when the ring has no key with that id.
        """
        return self._derived(tenant, purpose, self.active_id if key_id is None else key_id)

    def signer(self) -> tuple[str, Ed25519PrivateKey]:
        """The id and the private key that sign the audit log now."""
        active = self._keys[self.active_id]
        return active.id, Ed25519PrivateKey.from_private_bytes(active.signing)

    def verifiers(self) -> Mapping[str, Ed25519PublicKey]:
        """Every public key whose signatures on the audit log are accepted, by key id."""
        return MappingProxyType(
            {
                key.id: Ed25519PrivateKey.from_private_bytes(key.signing).public_key()
                for key in self._keys.values()
            }
        )

    def __repr__(self) -> str:
        return f"KeyRing(active_id={self.active_id!r}, keys={len(self._keys)})"

    def _derive(self, tenant: str, purpose: Purpose, key_id: str) -> bytes:
        # No salt: the roots are uniformly random (RFC 5869, section 3.1).
        info = b"sekisho/1" + _prefixed(purpose) + _prefixed(tenant)
        hkdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=info)
        return hkdf.derive(self._keys[key_id].root)


def load_ring(keys: Keys, environ: Mapping[str, str]) -> KeyRing:
    """The ring named by the configuration.

    Raises:
        ConfigError: when it can't be read, is invalid, or is a file that others may read.
    """
    if keys.ring_env is not None:
        return _load(environ.get(keys.ring_env, ""), f"keys.ring_env ({keys.ring_env})")
    if keys.ring_file is None:
        raise ConfigError(["keys: give exactly one of ring_file and ring_env"])
    return read_ring(keys.ring_file)


def read_ring(path: Path) -> KeyRing:
    """The ring in a file that only its owner may read, or that root owns and this process's group may read.

    Raises:
        ConfigError: as :func:`load_ring`.
    """
    try:
        found = path.stat()
        text = path.read_text(encoding="ascii")
    except OSError as error:
        raise ConfigError([f"{path}: the key ring can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError:
        raise ConfigError([f"{path}: not a key ring: it is not ASCII"]) from None
    if _exposed(found):
        mode = stat.S_IMODE(found.st_mode)
        remedy = f"run: chmod 600 {path} (in Kubernetes: defaultMode: 0440)"
        raise ConfigError(
            [f"{path}: other users may open the key ring (mode {mode:04o}); {remedy}"]
        )
    return _load(text, str(path))


def _exposed(found: os.stat_result) -> bool:
    """Whether other users may open the file.

    A file of root may be readable by the group, when this process is not root: Kubernetes mounts Secrets that way
    (``fsGroup``). PostgreSQL has the same rule for its private key (https://www.postgresql.org/docs/current/ssl-tcp.html).
    """
    group_may_read = found.st_uid == 0 and os.geteuid() != 0
    others = (stat.S_IWGRP | stat.S_IXGRP if group_may_read else stat.S_IRWXG) | stat.S_IRWXO
    return bool(found.st_mode & others)


def public_text(ring: KeyRing) -> str:
    """The ring's public keys, each as a line ``Key: <id>`` and PEM, for auditors."""
    blocks = []
    for key_id, key in ring.verifiers().items():
        pem = key.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        blocks.append(f"Key: {key_id}\n{pem.decode()}")
    return "\n".join(blocks)


def read_public(text: str) -> Mapping[str, Ed25519PublicKey]:
    """Parse the output of :func:`public_text`.

    Raises:
        ConfigError: when there is no key, or one is not an Ed25519 key.
    """
    keys: dict[str, Ed25519PublicKey] = {}
    for found in _PUBLIC_KEY.finditer(text):
        keys[found["id"]] = _public_key(found["id"], found["pem"])
    if not keys:
        raise ConfigError(["no public key found; write the file with: sekisho keys ring public"])
    return MappingProxyType(keys)


def _public_key(key_id: str, pem: str) -> Ed25519PublicKey:
    try:
        key = serialization.load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError([f"public key {key_id!r}: not a key in PEM"]) from None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError([f"public key {key_id!r}: not an Ed25519 key"])
    return key


def _load(text: str, where: str) -> KeyRing:
    try:
        return KeyRing.load(text)
    except ConfigError as error:
        raise ConfigError([f"{where}: {fault}" for fault in error.faults]) from None


def _new_key() -> RingKey:
    key_id = "k" + "".join(secrets.choice(_KEY_ID_ALPHABET) for _ in range(8))
    return RingKey(
        id=key_id,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        state="active",
        root=secrets.token_bytes(KEY_BYTES),
        signing=secrets.token_bytes(KEY_BYTES),
    )


def _ring_key(row: _Row) -> RingKey:
    return RingKey(
        id=row.id,
        created=row.created,
        state=row.state,
        root=_decode(row.id, "root", row.root),
        signing=_decode(row.id, "signing", row.signing),
    )


def _decode(key_id: str, name: str, text: str) -> bytes:
    try:
        # Without `validate`, characters outside the alphabet would be skipped silently.
        raw = base64.b64decode(text, validate=True)
    except ValueError:
        raw = b""  # reported below, without quoting key material
    if len(raw) != KEY_BYTES:
        raise ConfigError([f"key {key_id!r}: {name} is not {KEY_BYTES} bytes in base64"])
    return raw


def _ring_faults(keys: tuple[RingKey, ...]) -> list[str]:
    faults = [
        f"key {key.id!r}: an id has lower-case letters, digits and dashes, at most 32"
        for key in keys
        if not _KEY_ID.fullmatch(key.id)
    ]
    if len({key.id for key in keys}) != len(keys):
        faults.append("an id is given twice")
    active = sum(key.state == "active" for key in keys)
    if active != 1:
        faults.append(f"exactly one key must be active, not {active}")
    return faults


def _line(fault: Mapping[str, object]) -> str:
    where = fault["loc"]
    steps = ".".join(map(str, where)) if isinstance(where, tuple) else ""
    return f"not a key ring: {steps or 'document'}: {fault['msg']}"


def _prefixed(text: str) -> bytes:
    """The text, preceded by its length, so that different pairs of purpose and tenant never produce the same bytes."""
    raw = text.encode()
    return len(raw).to_bytes(4, "big") + raw
