"""Signed envelopes: what a trusted key signed is read, and nothing else is."""

import base64
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from gateway.errors import ConfigError
from gateway.provenance.bundle import (
    MAX_BUNDLE_BYTES,
    Keys,
    UntrustedRecord,
    hint,
    private_key,
    public_keys,
    sign_bundle,
    strict_json,
    verify_bundle,
)
from gateway.types import Json
from tests.parts.signing import key_pair

KEY = ec.generate_private_key(ec.SECP256R1())
TRUSTED: Keys = {hint(KEY.public_key()): KEY.public_key()}
PAYLOAD = b'{"said": true}'


@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_what_was_sealed_is_unsealed_on_every_curve(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    trusted = {hint(key.public_key()): key.public_key()}
    assert verify_bundle(sign_bundle(PAYLOAD, key), trusted) == PAYLOAD


def test_another_key_is_not_trusted() -> None:
    with pytest.raises(UntrustedRecord, match="not trusted"):
        verify_bundle(sign_bundle(PAYLOAD, ec.generate_private_key(ec.SECP256R1())), TRUSTED)


def test_another_key_that_borrows_the_name_of_a_trusted_one() -> None:
    document = orjson.loads(sign_bundle(PAYLOAD, ec.generate_private_key(ec.SECP256R1())))
    document["verificationMaterial"]["publicKey"]["hint"] = hint(KEY.public_key())
    with pytest.raises(UntrustedRecord, match="does not match"):
        verify_bundle(orjson.dumps(document), TRUSTED)


def test_a_payload_that_was_changed() -> None:
    document = orjson.loads(sign_bundle(PAYLOAD, KEY))
    document["dsseEnvelope"]["payload"] = base64.b64encode(b'{"said": false}').decode()
    with pytest.raises(UntrustedRecord, match="does not match"):
        verify_bundle(orjson.dumps(document), TRUSTED)


def test_the_encoding_of_version_0_2_is_not_accepted() -> None:
    """It signed ``DSSEV1 …`` with the payload as Python shows bytes."""
    kind = "application/vnd.in-toto+json"
    text = f"DSSEV1 {len(kind)} {kind} {len(PAYLOAD)} {PAYLOAD!r}"
    signature = KEY.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
    document = orjson.loads(sign_bundle(PAYLOAD, KEY))
    document["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    with pytest.raises(UntrustedRecord, match="does not match"):
        verify_bundle(orjson.dumps(document), TRUSTED)


def _without(*path: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return change


def _with(value: Json, *path: str) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


SIGNATURE = orjson.loads(sign_bundle(PAYLOAD, KEY))["dsseEnvelope"]["signatures"][0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (_with("application/json", "mediaType"), "not a bundle of"),
        (_with("text/plain", "dsseEnvelope", "payloadType"), "its payload is not of"),
        (_without("mediaType"), "one signature of a key"),
        (_without("dsseEnvelope"), "one signature of a key"),
        (_without("verificationMaterial", "publicKey"), "one signature of a key"),
        (_with([], "dsseEnvelope", "signatures"), "one signature of a key"),
        (_with([SIGNATURE] * 2, "dsseEnvelope", "signatures"), "one signature of a key"),
        (_with("%%%", "dsseEnvelope", "payload"), "one signature of a key"),
        (_with(7, "dsseEnvelope", "payload"), "one signature of a key"),
        (_with("", "verificationMaterial", "publicKey", "hint"), "not trusted"),
    ],
)
def test_what_is_no_such_bundle(change: Callable[[Json], None], why: str) -> None:
    document = orjson.loads(sign_bundle(PAYLOAD, KEY))
    change(document)
    with pytest.raises(UntrustedRecord, match=why):
        verify_bundle(orjson.dumps(document), TRUSTED)


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_bundle_that_was_cut_short(cut: int) -> None:
    with pytest.raises(UntrustedRecord, match="not a JSON document"):
        verify_bundle(sign_bundle(PAYLOAD, KEY).rstrip()[:cut], TRUSTED)


def test_a_list_instead_of_an_object() -> None:
    with pytest.raises(UntrustedRecord):
        verify_bundle(b"[]", TRUSTED)


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"b": [{"a": 1, "\\u0061": 2}]}', "twice"),
        (b"[" * 100_000, "not a JSON"),
        (b'{"a": NaN}', "not a JSON"),
        (b"\xff", "not a JSON"),
        (b" " * (MAX_BUNDLE_BYTES + 1), "longer than"),
    ],
)
def test_documents_that_could_be_read_in_two_ways(raw: bytes, why: str) -> None:
    with pytest.raises(UntrustedRecord, match=why):
        strict_json(raw)


def test_keys_come_from_files(tmp_path: Path) -> None:
    private, public = key_pair(tmp_path)
    assert (
        verify_bundle(sign_bundle(PAYLOAD, private_key(private)), public_keys((public,))) == PAYLOAD
    )


def test_files_that_hold_no_such_key(tmp_path: Path) -> None:
    private, public = key_pair(tmp_path, "rsa", kind="rsa")
    for wrong in (private, public, tmp_path / "none.pem"):
        with pytest.raises(ConfigError):
            private_key(wrong)
        with pytest.raises(ConfigError):
            public_keys((wrong,))


def test_a_curve_that_is_not_accepted(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256K1())
    path = tmp_path / "key.pem"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(ConfigError, match="P-256"):
        private_key(path)


def test_an_encrypted_key_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    locked = BestAvailableEncryption(b"open sesame")
    path.write_bytes(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    with pytest.raises(ConfigError, match="decrypt it first"):
        private_key(path)
