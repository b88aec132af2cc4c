"""API keys made by ``sekisho keys``: one JSON file of keyed hashes; the keys themselves are not stored.

::

    {"format": "sekisho-api-keys/1",
     "keys": [{"id": "billing", "prefix": "k7f3q2abcd", "hash": "<64 hex digits>", "ring_key": "k7f3q2abc",
               "tenant": "acme", "app": "billing", "groups": ["finance"],
               "created": "2026-01-31T09:00:00Z", "expires": null, "revoked": null}]}

A key is ``sk-sekisho-``, the prefix, a dash and 43 characters of secret (256 bits). The prefix finds the row and is not
secret. An id may have several rows: after a rotation, the older ones expire when the overlap ends.
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
# Without 0, 1, i, l and o, which are confused when a prefix is read out or typed.
_ALPHABET: Final = "23456789abcdefghjkmnpqrstuvwxyz"
# 43 characters: secrets.token_urlsafe(32), base64url without padding.
_FORM: Final = re.compile(rf"{KEY_PREFIX}(?P<prefix>[{_ALPHABET}]{{10}})-[A-Za-z0-9_-]{{43}}")


class Row(Section):
    """One key as stored in the file."""

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
        """Whether the key is neither revoked nor expired."""
        return self.revoked is None and (self.expires is None or now < self.expires.timestamp())

    def principal(self) -> Principal:
        """The caller that the key authenticates."""
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
    """The prefix of a key; ``None`` when the credential does not have the form of one."""
    match = _FORM.fullmatch(credential.decode("ascii", "replace"))
    return match["prefix"] if match else None


def digest(ring: KeyRing, ring_key: str, credential: bytes) -> bytes:
    """The keyed hash under which a key is stored.

    Raises:
        KeyError: the ring has no key with that id.
    """
    # Over the whole key, so that a secret is not valid under another prefix.
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
    """A new key, and its row for the file.

    Raises:
        ValidationError: a name or role is invalid.
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
        ConfigError: it can't be read, or is not a key file.
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
    """Replace the file atomically.

    Raises:
        OSError: it can't be written; the old file is unchanged.
    """
    document = _Document(format="sekisho-api-keys/1", keys=tuple(rows))
    body = orjson.dumps(document.model_dump(mode="json"), option=orjson.OPT_INDENT_2)
    replace(path, body + b"\n")


@contextmanager
def edit_rows(path: Path) -> Iterator[list[Row]]:
    """The file's rows, to be changed in place; written when the block succeeds, by one process at a time.

    Raises:
        ConfigError: it can't be read or written, or is not a key file.
    """
    try:
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        # The folder is locked, not the file: every write replaces the file, and a lock on the old one would not
        # exclude those who open the new one.
        fcntl.flock(folder, fcntl.LOCK_EX)
        rows = list(read(path))
        yield rows
        write(path, rows)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        # Closing releases the lock; the system does so too when the process is killed.
        os.close(folder)


def mark_revoked(rows: list[Row], key_id: str) -> list[str]:
    """Mark every secret of an id as revoked, and return their prefixes."""
    now = datetime.now(UTC).replace(microsecond=0)
    rows[:] = [
        # The time of the first revocation stays.
        row.model_copy(update={"revoked": row.revoked or now}) if row.id == key_id else row
        for row in rows
    ]
    return [row.prefix for row in rows if row.id == key_id]


def public_view(row: Row) -> dict[str, Any]:
    """A row for display: everything except the hash, plus its state (``usable``, ``expired`` or ``revoked``)."""
    view = row.model_dump(mode="json", exclude={"hash", "ring_key"})
    state = "revoked" if row.revoked else "usable" if row.usable(time.time()) else "expired"
    return {**view, "state": state}


def _unwritable(path: Path, error: OSError) -> ConfigError:
    return ConfigError([f"{path}: can't be written: {error.strerror}"])


class KeyFile:
    """A key file, read again when it changes.

    Args:
        path: the file.
        ring: the keys of the keyed hashes.

    Raises:
        ConfigError: as :func:`read`.
    """

    def __init__(self, path: Path, ring: KeyRing) -> None:
        self._path = path
        self._ring = ring
        # Before the content, not after: a change between the two is then noticed at the next refresh.
        self._seen: Stamp = stamp(path)
        self._rows = {row.prefix: row for row in read(path)}

    def find(self, credential: bytes) -> Row | None:
        """The row of a key, usable or not. The secret is compared in constant time."""
        prefix = prefix_of(credential)
        # The prefix is public, so this look-up needs no constant time.
        row = self._rows.get(prefix) if prefix is not None else None
        if row is None:
            return None
        try:
            known = digest(self._ring, row.ring_key, credential).hex()
        except KeyError:  # the ring's key was removed: nothing can verify this row
            return None
        return row if hmac.compare_digest(known, row.hash) else None

    def knows(self, prefix: str) -> bool:
        """Whether a key has that prefix."""
        return prefix in self._rows

    def refresh(self) -> None:
        """Read the file again if it has changed.

        Raises:
            ConfigError: it can't be read; the rows read before stay in use.
        """
        seen = stamp(self._path)
        if seen != self._seen:
            self._rows = {row.prefix: row for row in read(self._path)}
            self._seen = seen  # only after success, so that an unreadable file is tried again

    def revoked(self) -> Iterator[str]:
        """The prefixes of revoked keys."""
        return (row.prefix for row in self._rows.values() if row.revoked is not None)


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'document'}: {fault['msg']}"
