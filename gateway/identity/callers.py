"""The callers whose credentials are stored: those of the configuration, and those of the key file.

Commands look callers up here, so that they know the same ones as the authenticator. A caller with a token of an OpenID
provider is stored nowhere: its claims name its tenant and its application.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import time
from typing import Self

from gateway.errors import ConfigError
from gateway.identity.keys.key_file import Row, read
from gateway.identity.roles import configured
from gateway.settings.identity import ApiKey, Identity
from gateway.types import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCallers:
    """Stored callers by the ids of their credentials.

    Attributes:
        usable: those who would be authenticated now, in the order of the configuration, then of the key file.
        refused: ids that are only in the key file, and whose keys all have expired or were revoked there.
    """

    usable: Mapping[str, Principal]
    refused: frozenset[str] = frozenset()

    @classmethod
    def of(cls, identity: Identity, now: Callable[[], float] = time) -> Self:
        """The callers of these settings. Revocations in the shared state are not looked up.

        Raises:
            ConfigError: the key file can't be read, or is not a key file.
        """
        rows = read(identity.keys_file) if identity.keys_file else ()
        listed = _in_settings(identity)
        # An id that is in both is the one of the configuration, where the authenticator looks first.
        usable = {**listed, **_in_file(rows, now()), **listed}
        return cls(usable=usable, refused=frozenset(row.id for row in rows) - usable.keys())

    def find(self, credential_id: str | None) -> Principal:
        """The caller with that id; with ``None``, the first one.

        Raises:
            ConfigError: there is none, or its key has expired or was revoked.
        """
        if credential_id is None and self.usable:
            return next(iter(self.usable.values()))
        if credential_id is None:
            raise ConfigError(
                ["no caller is stored, neither in the configuration nor in a key file"]
            )
        if credential_id in self.refused:
            raise ConfigError([f"the key with the id {credential_id!r} has expired or was revoked"])
        if credential_id not in self.usable:
            raise ConfigError(
                [
                    f"no caller with the id {credential_id!r} is in the configuration or in the key file"
                ]
            )
        return self.usable[credential_id]


def _in_settings(identity: Identity) -> dict[str, Principal]:
    return {
        caller.id: configured(caller, "api-key" if isinstance(caller, ApiKey) else "certificate")
        for caller in identity.callers().values()
    }


def _in_file(rows: tuple[Row, ...], now: float) -> dict[str, Principal]:
    """Of several secrets of one id, the newest counts: rows are appended."""
    return {row.id: row.principal() for row in rows if row.usable(now)}
