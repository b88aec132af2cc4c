"""Signatures of bundles, as OPA makes and checks them.

A ``.signatures.json`` holds one JSON Web Token (RFC 7519) whose payload lists every file with its hash; files of
structured data are hashed in a canonical form, so that white space does not count. Format:
https://www.openpolicyagent.org/docs/management-bundles#signing.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

import jwt
import orjson

from gateway.errors import ConfigError

SIGNATURES: Final = ".signatures.json"
Algorithm: TypeAlias = Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"]
"""OPA's asymmetric algorithms. HMAC is not among them: whoever can verify with it can sign."""

_HASHES: Final = {"SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}
_STRUCTURED: Final = ("data.json", ".manifest")


class Signer:
    """Signs with a private key.

    Args:
        key_file: the private key, PEM.
        algorithm: one that fits the key.
        key_id: the name by which verifiers identify the key.

    Raises:
        ConfigError: the key can't be read.
    """

    def __init__(self, key_file: Path, algorithm: Algorithm, key_id: str = "") -> None:
        self._key: Final = _read(key_file)
        self._file: Final = key_file
        self._algorithm: Final = algorithm
        self._key_id: Final = key_id

    def sign(self, files: Mapping[str, bytes]) -> bytes:
        """The contents of ``.signatures.json`` for these files.

        Raises:
            ConfigError: the key and the algorithm do not fit.
        """
        payload: dict[str, Any] = {"files": [_entry(name, files[name]) for name in sorted(files)]}
        if self._key_id:
            payload["keyid"] = self._key_id
        try:
            token = jwt.encode(payload, self._key, algorithm=self._algorithm)
        except (jwt.PyJWTError, ValueError, TypeError):
            raise ConfigError([f"{self._file}: not a private key for {self._algorithm}"]) from None
        return orjson.dumps({"signatures": [token]})


class Verifier:
    """Checks that a bundle was signed with the one key that is trusted.

    Args:
        key_file: the public key, PEM.
        algorithm: the only algorithm that is accepted, whatever the token's header names.
        scope: the scope that the token must have; empty for none.

    Raises:
        ConfigError: the key can't be read.
    """

    def __init__(self, key_file: Path, algorithm: Algorithm, scope: str = "") -> None:
        self._key: Final = _read(key_file)
        self._algorithm: Final = algorithm
        self._scope: Final = scope

    def verify(self, files: Mapping[str, bytes], name: str) -> None:
        """Check the signature and that it covers every file.

        Raises:
            ConfigError: it is not signed, signed with another key, or altered.
        """
        if SIGNATURES not in files:
            raise ConfigError([f"{name}: not signed, and a signature is required"])
        payload = self._payload(files[SIGNATURES], name)
        # One key may sign bundles for several purposes; a scope keeps
        # one from being used as another.
        if payload.get("scope", "") != self._scope:
            raise ConfigError([f"{name}: signed for another scope"])
        signed = _signed(payload, name)
        # In both directions: a file that is not signed could add a rule, one that is missing could remove one.
        faults = [
            f"{name}: {file}: {_difference(files.get(file), signed.get(file))}"
            for file in sorted({*signed, *files} - {SIGNATURES})
            if _difference(files.get(file), signed.get(file))
        ]
        if faults:
            raise ConfigError(faults)

    def _payload(self, document: bytes, name: str) -> Mapping[str, Any]:
        try:
            # Exactly one, as OPA requires: with several, it would be unclear which one counts.
            (token,) = orjson.loads(document)["signatures"]
            # The algorithm is configured, never the token's: it could name a weaker one (RFC 8725, 3.1).
            found: Mapping[str, Any] = jwt.decode(token, self._key, algorithms=[self._algorithm])
        except (jwt.PyJWTError, ValueError, TypeError, KeyError):
            raise ConfigError([f"{name}: not signed with the trusted key"]) from None
        return found


def _signed(payload: Mapping[str, Any], name: str) -> dict[str, Mapping[str, str]]:
    try:
        return {str(row["name"]).removeprefix("/"): row for row in payload["files"]}
    except (KeyError, TypeError):
        raise ConfigError([f"{name}: its signature lists no files"]) from None


def _difference(content: bytes | None, row: Mapping[str, str] | None) -> str:
    if content is None:
        return "signed, and missing"
    if row is None:
        return "present, and not signed"
    algorithm = row.get("algorithm", "SHA-256")
    if algorithm not in _HASHES:
        return f"hashed with {algorithm}, which is not accepted"
    return "" if _hash(str(row.get("name")), content, algorithm) == row.get("hash") else "altered"


def _entry(name: str, content: bytes) -> dict[str, str]:
    return {"name": name, "hash": _hash(name, content, "SHA-256"), "algorithm": "SHA-256"}


def _hash(name: str, content: bytes, algorithm: str) -> str:
    if name.rpartition("/")[2] in _STRUCTURED:
        content = _canonical(content)
    return hashlib.new(_HASHES[algorithm], content).hexdigest()


def _canonical(content: bytes) -> bytes:
    """Sorted keys, no white space, and the two separators escaped that Go's encoder always escapes."""
    try:
        plain = orjson.dumps(orjson.loads(content), option=orjson.OPT_SORT_KEYS)
    except ValueError:
        return content
    return plain.replace("\u2028".encode(), rb"\u2028").replace("\u2029".encode(), rb"\u2029")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from None
