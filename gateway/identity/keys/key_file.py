"""API keys that were made by ``sekisho keys``: one JSON file of keyed hashes, which holds no key.

::

    {"format": "sekisho-api-keys/1",
     "keys": [{"id": "billing", "prefix": "k7f3q2abcd", "hash": "<64 hex digits>", "ring_key": "k7f3q2abc",
               "tenant": "acme", "app": "billing", "groups": ["finance"],
               "created": "2026-01-31T09:00:00Z", "expires": null, "revoked": null}]}

A key is ``sk-sekisho-``, the prefix, a dash and 43 characters of secret (256 bits). The prefix finds the row and is no
secret. An id may have several rows: after a rotation the older one expires when the overlap ends.
"""

import fcntl
import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

import orjson
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.identity.roles import granted
from gateway.keys import KeyRing
from gateway.settings.files import Stamp, replace, stamp
from gateway.settings.section import Name, Reach, Role, Section
from gateway.types import Principal

KEY_PREFIX: Final = "sk-sekisho-"
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
_FORM: Final = re.compile(rf"{KEY_PREFIX}(?P<prefix>[{_ALPHABET}]{{10}})-[A-Za-z0-9_-]{{43}}")


class Row(Section):
    """One key as the file has it."""

    id: Name
    prefix: str
    hash: str
    ring_key: str
    tenant: Name
    app: Name
    groups: tuple[Name, ...] = ()
    created: datetime
    roles: tuple[Role, ...] = ()
    role_tenants: tuple[Reach, ...] = ()
    expires: datetime | None = None
    revoked: datetime | None = None

    def usable(self, now: float) -> bool:
        """Whether it was neither revoked nor has expired."""
        return self.revoked is None and (self.expires is None or now < self.expires.timestamp())

    def principal(self) -> Principal:
        """Whom it stands for."""
        return Principal(
            subject=self.id,
            tenant=self.tenant,
            app=self.app,
            groups=frozenset(self.groups),
            credential_id=self.id,
            method="api-key",
            **granted(self.roles, self.role_tenants, self.tenant),
        )


class _Document(Section):
    format: Literal["sekisho-api-keys/1"]
    keys: tuple[Row, ...]


def prefix_of(credential: bytes) -> str | None:
    """The prefix of what has the form of such a key."""
    match = _FORM.fullmatch(credential.decode("ascii", "replace"))
    return match["prefix"] if match else None


def digest(ring: KeyRing, ring_key: str, credential: bytes) -> bytes:
    """The keyed hash under which a key is stored.

    Raises:
        KeyError: the ring does not hold that key.
    """
    return hmac.digest(ring.derive("", "credential", ring_key), credential, hashlib.sha256)


def mint(
    ring: KeyRing,
    *,
    key_id: str,
    tenant: str,
    app: str,
    groups: Iterable[str],
    expires: datetime | None,
    roles: Iterable[str] = (),
    role_tenants: Iterable[str] = (),
) -> tuple[str, Row]:
    """A new key, and the row that knows it.

    Raises:
        ValidationError: a name is not one.
    """
    prefix = "".join(secrets.choice(_ALPHABET) for _ in range(10))
    key = f"{KEY_PREFIX}{prefix}-{secrets.token_urlsafe(32)}"
    row = Row(
        id=key_id,
        prefix=prefix,
        hash=digest(ring, ring.active_id, key.encode()).hex(),
        ring_key=ring.active_id,
        tenant=tenant,
        app=app,
        groups=tuple(groups),
        roles=tuple(roles),
        role_tenants=tuple(role_tenants),
        created=datetime.now(UTC).replace(microsecond=0),
        expires=expires,
    )
    return key, row


def read(path: Path) -> tuple[Row, ...]:
    """The rows of a file; none when it does not exist yet.

    Raises:
        ConfigError: it can't be read, or is not such a file.
    """
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigError([f"{path}: the key file can't be read: {error.strerror}"]) from None
    try:
        rows = _Document.model_validate_json(text).keys
    except ValidationError as error:
        raise ConfigError([f"{path}: not a key file: {_first(error)}"]) from None
    if len({row.prefix for row in rows}) != len(rows):
        raise ConfigError([f"{path}: not a key file: a prefix is given twice"])
    return rows


def write(path: Path, rows: Iterable[Row]) -> None:
    """Replace the file in one step.

    Raises:
        OSError: it can't be written; the old one stays.
    """
    document = _Document(format="sekisho-api-keys/1", keys=tuple(rows))
    body = orjson.dumps(document.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    replace(path, body + b"\n")


@contextmanager
def edit_rows(path: Path) -> Iterator[list[Row]]:
    """The file's rows, to be changed in place; written when all went well, by one process at a time.

    Raises:
        ConfigError: it can't be read or written, or is not such a file.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        rows = list(read(path))
        yield rows
        write(path, rows)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        os.close(folder)


def mark_revoked(rows: list[Row], key_id: str) -> list[str]:
    """Mark every secret of an id as revoked; their prefixes."""
    now = datetime.now(UTC).replace(microsecond=0)
    rows[:] = [
        row.model_copy(update={"revoked": row.revoked or now}) if row.id == key_id else row
        for row in rows
    ]
    return [row.prefix for row in rows if row.id == key_id]


def public_view(row: Row) -> dict[str, Any]:
    """A row as it is shown: everything but the hash, and whether it is usable."""
    view = row.model_dump(mode="json", exclude={"hash", "ring_key"})
    state = "revoked" if row.revoked else "usable" if row.usable(time.time()) else "expired"
    return {**view, "state": state}


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError([f"{path}: can't be written: {error.strerror}"])


class KeyFile:
    """A key file that is read anew when it changes.

    Args:
        path: the file.
        ring: its keys verify the hashes.

    Raises:
        ConfigError: as :func:`read`.
    """

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path = path
        self._ring = ring
        self._seen: Stamp = stamp(path)
        self._rows = {row.prefix: row for row in read(path)}

    def find(self, credential: bytes) -> Row | None:
        """The row of a key, whether usable or not. The secret is compared in constant time."""
        prefix = prefix_of(credential)
        row = self._rows.get(prefix) if prefix is not None else None
        if row is None:
            return None
        try:
            known = digest(self._ring, row.ring_key, credential).hex()
        except KeyError:
            return None
        return row if hmac.compare_digest(known, row.hash) else None

    def knows(self, prefix: str) -> bool:
        """Whether there is a key with that prefix."""
        return prefix in self._rows

    def refresh(self) -> None:
        """Read the file when it is another than was read.

        Raises:
            ConfigError: it can't be read; what was read before stays.
        """
        seen = stamp(self._path)
        if seen != self._seen:
            self._rows = {row.prefix: row for row in read(self._path)}
            self._seen = seen

    def revoked(self) -> Iterator[str]:
        """The prefixes of revoked keys."""
        return (row.prefix for row in self._rows.values() if row.revoked is not None)


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'document'}: {fault['msg']}"
