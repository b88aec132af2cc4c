"""Checkpoint notes: the published format, and what is not believed."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.audit.proof.checkpoint import MAX_NOTE_BYTES, BadCheckpoint, Checkpoint, read, sign

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
OTHER = Ed25519PrivateKey.from_private_bytes(b"o" * 32)
HEAD = Checkpoint(origin="sekisho/1", size=20852163, root=hashlib.sha256(b"root").digest())
NOTE = sign(HEAD, KEY)


def test_the_note_is_spelled_as_c2sp_says() -> None:
    text, signature = NOTE.decode().split("\n\n")
    root = base64.b64encode(HEAD.root).decode()
    assert text == f"sekisho/1\n20852163\n{root}"
    assert signature.startswith("\u2014 sekisho/1 ")
    assert signature.endswith("\n")
    raw = base64.b64decode(signature.split(" ")[2])
    public = KEY.public_key().public_bytes_raw()
    assert raw[:4] == hashlib.sha256(b"sekisho/1\n\x01" + public).digest()[:4]
    KEY.public_key().verify(raw[4:], f"{text}\n".encode())


@pytest.mark.parametrize("size", [0, 1, 2**60])
def test_a_note_reads_back(size: int) -> None:
    head = Checkpoint(origin="sekisho/1", size=size, root=HEAD.root)
    assert read(sign(head, KEY), [OTHER.public_key(), KEY.public_key()]) == head


def test_signatures_of_strangers_are_ignored_beside_a_good_one() -> None:
    stranger = sign(HEAD, OTHER).split(b"\n\n")[1]
    assert read(NOTE + stranger, [KEY.public_key()]) == HEAD
    assert read(NOTE + stranger, [OTHER.public_key()]) == HEAD


def test_extension_lines_are_signed_text() -> None:
    text = NOTE.split(b"\n\n")[0].decode() + "\nextension\n"
    public = KEY.public_key().public_bytes_raw()
    key_id = hashlib.sha256(b"sekisho/1\n\x01" + public).digest()[:4]
    signature = base64.b64encode(key_id + KEY.sign(text.encode())).decode()
    note = f"{text}\n\u2014 sekisho/1 {signature}\n".encode()
    assert read(note, [KEY.public_key()]) == HEAD


FORGED = sign(Checkpoint(origin="sekisho/1", size=1, root=HEAD.root), KEY)


@pytest.mark.parametrize(
    ("note", "fault"),
    [
        (b"", "not a checkpoint note"),
        (b"\xff", "not a checkpoint note"),
        (NOTE[:-1], "not a checkpoint note"),
        (NOTE.replace("\u2014".encode(), b"-"), "not a checkpoint note"),
        (NOTE.replace(b"\n20852163\n", b"\n020852163\n"), "not a checkpoint note"),
        (NOTE.replace(b"\n20852163\n", b"\n-1\n"), "not a checkpoint note"),
        (NOTE.split(b"\n\n")[0] + b"\n\n", "not a checkpoint note"),
        (b"x" * MAX_NOTE_BYTES + NOTE, "not a checkpoint note"),
        (NOTE.replace(b"\n20852163\n", b"\n20852164\n"), "does not verify"),
        (NOTE.replace(b"\n\n", b"\nextension\n\n"), "does not verify"),
        (NOTE.split(b"\n\n")[0] + b"\n\n" + FORGED.split(b"\n\n")[1], "does not verify"),
        (NOTE.replace(b"sekisho/1\n", b"sekisho/2\n"), "not signed by a known key"),
        (sign(HEAD, OTHER), "not signed by a known key"),
        (sign(Checkpoint(origin="sekisho/1", size=1, root=b"short"), KEY), "not a SHA-256 hash"),
        (NOTE + NOTE.split(b"\n\n")[1][:-8] + b"AAAAAA=\n", "does not verify|not a checkpoint"),
    ],
)
def test_what_is_not_accepted(note: bytes, fault: str) -> None:
    with pytest.raises(BadCheckpoint, match=fault):
        read(note, [KEY.public_key()])


def test_nothing_is_accepted_without_keys() -> None:
    with pytest.raises(BadCheckpoint, match="not signed by a known key"):
        read(NOTE, [])


@pytest.mark.parametrize("position", range(0, len(NOTE), 3))
def test_a_changed_byte_is_never_taken_for_another_checkpoint(position: int) -> None:
    changed = NOTE[:position] + bytes([NOTE[position] ^ 1]) + NOTE[position + 1 :]
    with pytest.raises(BadCheckpoint):
        read(changed, [KEY.public_key()])
