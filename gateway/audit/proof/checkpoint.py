"""Signed checkpoints: statements about the log's tree that others can store and compare later.

The format is the C2SP checkpoint (c2sp.org/tlog-checkpoint), a signed note (c2sp.org/signed-note)::

    sekisho/4be1d5b8f0a2c693
    20852163
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — sekisho/4be1d5b8f0a2c693 Az3grlgtzPICa5OS8npVmf1Myq/5IZni…

The lines are the log's origin, the number of records, the root of the tree, and Ed25519 signatures
of the lines before the blank one. The key name is the origin.
"""

import base64
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.audit.proof.merkle import HASH_BYTES

MAX_NOTE_BYTES: Final = 65_536
_ED25519: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
# Origin, size without leading zeros, root, optional extension lines; then a blank line and at least one signature.
_NOTE: Final = re.compile(
    r"(?P<text>(?P<origin>[^\s+]+)\n(?P<size>0|[1-9][0-9]{0,18})\n(?P<root>[A-Za-z0-9+/=]+)\n"
    r"(?:[^\n]+\n)*)\n(?P<signatures>(?:— [^\s+]+ [A-Za-z0-9+/=]+\n)+)"
)


class BadCheckpoint(ValueError):
    """The bytes are not a checkpoint, or it is not signed by a known key. The message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """The head of a log's tree: the root over its first ``size`` records."""

    origin: str
    size: int
    root: bytes


def sign(checkpoint: Checkpoint, key: Ed25519PrivateKey) -> bytes:
    """The signed note."""
    text = _text(checkpoint)
    key_id = _key_id(checkpoint.origin, key.public_key())
    signature = base64.b64encode(key_id + key.sign(text.encode())).decode()
    return f"{text}\n— {checkpoint.origin} {signature}\n".encode()


def read(note: bytes, keys: Iterable[Ed25519PublicKey]) -> Checkpoint:
    """The checkpoint in a note that one of ``keys`` signed.

    Signatures by other keys are ignored, as the format requires; a signature by a known key that does
    not verify makes the note invalid.

    Raises:
        BadCheckpoint: when it is malformed or not signed by a known key.
    """
    parts = _match(note)
    origin = parts["origin"]
    known = {_key_id(origin, key): key for key in keys}
    signed = False
    for line in parts["signatures"].splitlines():
        _, name, encoded = line.split(" ")
        raw = _decode(encoded)
        key = known.get(raw[:_KEY_ID_BYTES])
        if name == origin and key is not None:
            _verify(key, raw[_KEY_ID_BYTES:], parts["text"].encode())
            signed = True
    if not signed:
        raise BadCheckpoint("it is not signed by a known key")
    return Checkpoint(origin=origin, size=int(parts["size"]), root=_root(parts["root"]))


def _match(note: bytes) -> re.Match[str]:
    try:
        found = _NOTE.fullmatch(note.decode()) if len(note) <= MAX_NOTE_BYTES else None
    except UnicodeDecodeError:
        found = None
    if found is None:
        raise BadCheckpoint("it is not a checkpoint note")
    return found


def _verify(key: Ed25519PublicKey, signature: bytes, text: bytes) -> None:
    try:
        key.verify(signature, text)
    except InvalidSignature:
        raise BadCheckpoint("its signature does not verify") from None


def _text(checkpoint: Checkpoint) -> str:
    root = base64.b64encode(checkpoint.root).decode()
    return f"{checkpoint.origin}\n{checkpoint.size}\n{root}\n"


def _key_id(name: str, key: Ed25519PublicKey) -> bytes:
    """The first four bytes of the hash over name, algorithm and key (C2SP signed-note)."""
    return hashlib.sha256(name.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[
        :_KEY_ID_BYTES
    ]


def _root(text: str) -> bytes:
    root = _decode(text)
    if len(root) != HASH_BYTES:
        raise BadCheckpoint("its root is not a SHA-256 hash")
    return root


def _decode(text: str) -> bytes:
    try:
        # Validate: other characters would be skipped silently.
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise BadCheckpoint("it is not a checkpoint note") from None
