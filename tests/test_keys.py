"""The key ring: what derives from it, what it refuses to load, and that it never shows a key."""

import base64
import hmac
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import orjson
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.keys import KeyRing, RingKey, load_ring, public_text, read_public, read_ring
from gateway.settings.server import Keys

RING = KeyRing(
    [
        RingKey(
            id="k2",
            created="2026-02-01T00:00:00Z",
            state="active",
            root=b"r" * 32,
            signing=b"s" * 32,
        ),
        RingKey(
            id="k1",
            created="2026-01-01T00:00:00Z",
            state="readable",
            root=b"R" * 32,
            signing=b"S" * 32,
        ),
    ]
)


def test_the_derivation_is_the_documented_one() -> None:
    """HKDF with an empty salt, then one expansion over length-prefixed purpose and tenant."""
    extracted = hmac.digest(bytes(32), b"r" * 32, "sha256")
    info = b"sekisho/1" + b"\0\0\0\x0bplaceholder" + b"\0\0\0\x04acme"
    expected = HKDFExpand(algorithm=hashes.SHA256(), length=32, info=info).derive(extracted)
    assert RING.derive("acme", "placeholder") == expected


def test_keys_differ_by_tenant_purpose_and_root() -> None:
    keys = {
        RING.derive("acme", "placeholder"),
        RING.derive("acme", "span-cache"),
        RING.derive("acme", "credential"),
        RING.derive("other", "placeholder"),
        RING.derive("", "placeholder"),
        RING.derive("acme", "placeholder", "k1"),
    }
    assert len(keys) == 6
    assert all(len(key) == 32 for key in keys)
    assert RING.derive("acme", "placeholder", "k2") == RING.derive("acme", "placeholder")


@given(st.lists(st.text(max_size=12), min_size=2, max_size=2, unique=True))
def test_no_two_tenants_share_a_key(tenants: list[str]) -> None:
    first, second = (RING.derive(tenant, "placeholder") for tenant in tenants)
    assert first != second


def test_an_unknown_key_id_derives_nothing() -> None:
    with pytest.raises(KeyError):
        RING.derive("acme", "placeholder", "k3")


def test_dump_and_load_are_inverse() -> None:
    again = KeyRing.load(RING.dump())
    assert again.active_id == "k2"
    assert again.dump() == RING.dump()
    assert again.derive("acme", "placeholder", "k1") == RING.derive("acme", "placeholder", "k1")


def test_new_rings_differ() -> None:
    assert KeyRing.new().derive("a", "placeholder") != KeyRing.new().derive("a", "placeholder")


def test_rotation_keeps_what_was_readable() -> None:
    rotated = RING.rotate()
    assert rotated.active_id not in ("k1", "k2")
    assert rotated.derive("acme", "placeholder", "k2") == RING.derive("acme", "placeholder", "k2")
    assert set(rotated.verifiers()) == {"k1", "k2", rotated.active_id}
    assert RING.active_id == "k2"


def test_the_signer_is_the_active_key() -> None:
    key_id, private = RING.signer()
    assert key_id == "k2"
    signature = private.sign(b"text")
    RING.verifiers()["k2"].verify(signature, b"text")
    with pytest.raises(InvalidSignature):
        RING.verifiers()["k1"].verify(signature, b"text")


def test_nothing_prints_key_material() -> None:
    row = RingKey(id="k1", created="", state="active", root=b"r" * 32, signing=b"s" * 32)
    assert "rrr" not in repr(row) + repr(RING) + str(RING)
    assert "sss" not in repr(row) + repr(RING) + str(RING)


def _document(**changes: object) -> str:
    row = orjson.loads(RING.dump())["keys"][0] | changes
    return orjson.dumps({"format": "sekisho-key-ring/1", "keys": [row]}).decode()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not a key ring"),
        ("{", "not a key ring"),
        ("[]", "not a key ring"),
        ('{"format": "sekisho-key-ring/2", "keys": []}', "format"),
        ('{"format": "sekisho-key-ring/1", "keys": []}', "exactly one key must be active, not 0"),
        (_document(state="readable"), "exactly one key must be active, not 0"),
        (_document(state="retired"), "state"),
        (_document(root="AAAA"), "root is not 32 bytes"),
        (
            _document(signing="c3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3Nzc3M"),
            "signing is not 32 bytes",
        ),
        (_document(root="päss"), "root is not 32 bytes"),
        (_document(id="../k"), "an id has lower-case"),
        (_document(id=""), "an id has lower-case"),
        (_document(extra=1), "extra"),
    ],
)
def test_what_is_not_a_ring_is_refused(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        KeyRing.load(text)
    assert fault in str(caught.value)
    assert base64.b64encode(b"r" * 32).decode() not in str(caught.value)
    assert "c3Nzc3" not in str(caught.value)


def test_two_active_keys_or_one_id_twice_are_refused() -> None:
    row = RingKey(id="k1", created="", state="active", root=b"r" * 32, signing=b"s" * 32)
    with pytest.raises(ConfigError, match=r"an id is given twice\nexactly one .* not 2"):
        KeyRing([row, row])


def _ring_file(folder: Path, mode: int) -> Path:
    path = folder / "ring.json"
    path.touch(mode=0o600)
    path.write_text(RING.dump())
    path.chmod(mode)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_a_private_file_is_loaded(tmp_path: Path, mode: int) -> None:
    settings = Keys(ring_file=_ring_file(tmp_path, mode))
    assert load_ring(settings, {}).active_id == "k2"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o602, 0o601])
def test_a_file_that_others_may_open_is_refused_with_a_remedy(tmp_path: Path, mode: int) -> None:
    path = _ring_file(tmp_path, mode)
    with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
        load_ring(Keys(ring_file=path), {})


@contextmanager
def another_user() -> Iterator[None]:
    os.setegid(65532)
    os.seteuid(65532)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@pytest.mark.parametrize(
    ("mode", "taken"), [(0o440, True), (0o640, True), (0o460, False), (0o444, False)]
)
def test_root_may_lend_a_file_to_a_group_as_kubernetes_does(mode: int, taken: bool) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make a file that is root's")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)
        path = _ring_file(Path(folder), mode)
        os.chown(path, 0, 65532)
        with (
            another_user(),
            nullcontext() if taken else pytest.raises(ConfigError, match="other users"),
        ):
            assert read_ring(path).active_id == "k2"


def test_an_unreadable_file_is_a_configuration_fault(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read: No such file"):
        read_ring(tmp_path / "absent.json")
    binary = tmp_path / "binary"
    binary.touch(mode=0o600)
    binary.write_bytes(os.urandom(8) + b"\xff")
    with pytest.raises(ConfigError, match="not a key ring"):
        read_ring(binary)


def test_the_ring_may_come_from_the_environment() -> None:
    assert load_ring(Keys(ring_env="RING"), {"RING": RING.dump()}).active_id == "k2"
    with pytest.raises(ConfigError, match=r"keys\.ring_env \(RING\): not a key ring"):
        load_ring(Keys(ring_env="RING"), {})


def test_public_keys_travel_as_text() -> None:
    text = public_text(RING)
    _, private = RING.signer()
    keys = read_public(f"From the security team.\n\n{text}")
    assert set(keys) == {"k1", "k2"}
    keys["k2"].verify(private.sign(b"text"), b"text")
    assert base64.b64encode(b"s" * 32).decode() not in text


def test_other_files_hold_no_public_key() -> None:
    with pytest.raises(ConfigError, match="no public key found"):
        read_public("-----BEGIN PUBLIC KEY-----")
    with pytest.raises(ConfigError, match="not a key in PEM"):
        read_public("Key: k1\n-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    other = generate_private_key(SECP256R1()).public_key()
    pem = other.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(ConfigError, match="not an Ed25519 key"):
        read_public(f"Key: k1\n{pem.decode()}")
