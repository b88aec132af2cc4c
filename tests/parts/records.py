"""Signed records of weights, for tests."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gateway.provenance.bundle import private_key, sign_bundle
from gateway.provenance.record import Claims, Listing, statement
from tests.parts.signing import key_pair

FILES = {"config.json": hashlib.sha256(b"{}").hexdigest()}
MANIFEST = f"sha256:{hashlib.sha256(bytes.fromhex(FILES['config.json'])).hexdigest()}"
"""The digest of weights that are this one file."""


class RecordSigner:
    """A security team with a key, which signs records into a folder.

    Args:
        folder: where the key and the records are.
        name: what the key's files are called.
    """

    def __init__(self, folder: Path, name: str = "team") -> None:
        self._folder = folder
        self.private, self.public = key_pair(folder, name)

    def sign(self, name: str = "r1.sig.json", *, days: float = 1, **claims: Any) -> Path:
        """A record that expires in some days; the file of that name is replaced whole."""
        signed_claims = Claims(expires=datetime.now(UTC) + timedelta(days=days), **claims)
        bundle = sign_bundle(
            statement("r1", FILES, Listing(), signed_claims), private_key(self.private)
        )
        path = self._folder / name
        part = path.with_suffix(".part")
        part.write_bytes(bundle)
        return part.replace(path)

    def bound(self, record: Path, *others: Path) -> dict[str, Any]:
        """The setting that binds a deployment to a record; ``others`` are more keys to trust."""
        return {"record": str(record), "keys": [str(key) for key in (self.public, *others)]}
