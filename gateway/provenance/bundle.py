"""Signatures in the format of OpenSSF model-signing 1.x with a key: a Sigstore bundle around a DSSE envelope.

Formats: the bundle, https://docs.sigstore.dev/about/bundle/ (v0.3); the envelope, its signature over the
pre-authentication encoding, https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md; the key's hint,
https://github.com/sigstore/model-transparency. Bundles of model-signing 0.2 are not accepted: it signed another encoding.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from gateway.errors import ConfigError
from gateway.types import Json

MEDIA_TYPE: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
MAX_BUNDLE_BYTES: Final = 8 << 20
"""The bound on a bundle in bytes: enough for the digests of fifty thousand files."""

_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    "secp256r1": hashes.SHA256(),
    "secp384r1": hashes.SHA384(),
    "secp521r1": hashes.SHA512(),
}
Keys: TypeAlias = Mapping[str, ec.EllipticCurvePublicKey]
"""Public keys by their hint."""


class UntrustedRecord(ValueError):
    """A record that can't be trusted. The message says why, and holds nothing of its content."""


def sign_bundle(payload: bytes, key: ec.EllipticCurvePrivateKey) -> bytes:
    """A bundle that holds the payload and its signature."""
    signature = key.sign(_encoded(payload), ec.ECDSA(_HASHES[key.curve.name]))
    return orjson.dumps(
        {
            "mediaType": MEDIA_TYPE,
            "verificationMaterial": {
                "publicKey": {"hint": hint(key.public_key())},
                "tlogEntries": [],
            },
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": PAYLOAD_TYPE,
                "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
            },
        },
        option=orjson.OPT_INDENT_2,
    )


def verify_bundle(bundle: bytes, keys: Keys) -> bytes:
    """The payload of a bundle that one of the keys signed.

    Raises:
        UntrustedRecord: it is not such a bundle, not signed by one of the keys, or altered.
    """
    signed_by, payload, signature = _parts(strict_json(bundle))
    # The hint only selects among the trusted keys: a bundle brings none of its own.
    key = keys.get(signed_by)
    if key is None:
        raise UntrustedRecord("signed by a key that is not trusted")
    try:
        key.verify(signature, _encoded(payload), ec.ECDSA(_HASHES[key.curve.name]))
    except InvalidSignature:
        raise UntrustedRecord("the signature does not match the content") from None
    return payload


def strict_json(raw: bytes) -> Json:
    """A JSON document with only one reading: parsers differ on a key that occurs twice.

    Raises:
        UntrustedRecord: it is too long, not JSON (RFC 8259), or an object holds a key twice.
    """
    if len(raw) > MAX_BUNDLE_BYTES:
        raise UntrustedRecord(f"longer than {MAX_BUNDLE_BYTES} bytes")
    try:
        orjson.loads(raw)  # bounds the depth, which the standard library's parser does not
        return json.loads(raw, object_pairs_hook=_unique)
    except (orjson.JSONDecodeError, RecursionError):
        raise UntrustedRecord("not a JSON document") from None


def hint(key: ec.EllipticCurvePublicKey) -> str:
    """The name of a key in bundles: SHA-256, in hex, of its PEM text."""
    text = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(text).hexdigest()


def private_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """The private key in a file, to sign with.

    Raises:
        ConfigError: the file holds no such key.
    """
    try:
        key = load_pem_private_key(_read(path), password=None)
    # cryptography raises it for an encrypted key without a password.
    except TypeError:
        raise ConfigError([f"{path}: encrypted; decrypt it first: openssl pkey"]) from None
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError([f"{path}: not a private key (PEM)"]) from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name not in _HASHES:
        raise ConfigError([f"{path}: not an EC key on P-256, P-384 or P-521"])
    return key


def public_keys(paths: tuple[Path, ...]) -> Keys:
    """The trusted keys, one in each file.

    Raises:
        ConfigError: a file holds no such key.
    """
    keys = [_public_key(path) for path in paths]
    return {hint(key): key for key in keys}


def _public_key(path: Path) -> ec.EllipticCurvePublicKey:
    try:
        key = load_pem_public_key(_read(path))
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError([f"{path}: not a public key (PEM)"]) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in _HASHES:
        raise ConfigError([f"{path}: not an EC key on P-256, P-384 or P-521"])
    return key


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from None


def _encoded(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding, version 1: lengths keep the type apart from the payload."""
    return b"DSSEv1 %d %b %d %b" % (
        len(PAYLOAD_TYPE),
        PAYLOAD_TYPE.encode(),
        len(payload),
        payload,
    )


def _parts(document: Json) -> tuple[str, bytes, bytes]:
    """The hint of the key, the payload, and the signature."""
    try:
        if document["mediaType"] != MEDIA_TYPE:
            raise UntrustedRecord(f"not a bundle of type {MEDIA_TYPE}")
        envelope = document["dsseEnvelope"]
        if envelope["payloadType"] != PAYLOAD_TYPE:
            raise UntrustedRecord(f"its payload is not of type {PAYLOAD_TYPE}")
        material = document["verificationMaterial"]
        # Exactly one: with several, it would be unclear which of them counts.
        (signature,) = envelope["signatures"]
        return (
            str(material["publicKey"]["hint"]),
            # Strict: without `validate`, characters outside the alphabet would be ignored.
            base64.b64decode(envelope["payload"], validate=True),
            base64.b64decode(signature["sig"], validate=True),
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        if isinstance(error, UntrustedRecord):
            raise
        raise UntrustedRecord("not a bundle with one signature of a key") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UntrustedRecord("an object holds a key twice")
    return found
