"""The one credential that a request presents, in whichever header its SDK sends it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from gateway.errors import InvalidKey

Headers: TypeAlias = Sequence[tuple[bytes, bytes]]

_BARE: Final = (b"api-key", b"x-api-key")
"""Azure's and Anthropic's SDKs send the key alone; OpenAI's sends it as a bearer token."""
_MAX_CREDENTIAL_BYTES: Final = 16_384
REMEDY: Final = "Send a key of this gateway as 'Authorization: Bearer …', 'api-key' or 'x-api-key'."


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The other end of a connection, as the server itself knows it: no header is believed."""

    address: str
    """The host, or ``""`` when the server does not tell."""
    certificate: str | None = field(default=None, repr=False)
    """The certificate that it has proven to hold and that chains to the configured CA, in PEM."""


def extract_credential(headers: Headers) -> bytes | None:
    """The credential in the headers, or ``None`` when there is none.

    Raises:
        InvalidKey: when headers disagree, or when it can't be one.
    """
    found = [_bearer(value) for name, value in headers if name == b"authorization"]
    found += [value.strip() for name, value in headers if name in _BARE]
    if not found:
        return None
    if len(set(found)) > 1 or any(
        sum(name == each for name, _ in headers) > 1 for each in (b"authorization", *_BARE)
    ):
        raise InvalidKey(f"More than one key was sent. {REMEDY}", param="authorization")
    credential = found[0]
    if not 0 < len(credential) <= _MAX_CREDENTIAL_BYTES or not all(
        33 <= byte <= 126 for byte in credential
    ):
        raise unknown_credential()
    return credential


def missing_credential() -> InvalidKey:
    """The refusal of a request that shows no credential at all."""
    return InvalidKey(f"No key was sent. {REMEDY}", param="authorization")


def unknown_credential() -> InvalidKey:
    """The refusal of a credential, the same whatever is wrong with it."""
    return InvalidKey(f"The key is not known here. {REMEDY}", param="authorization")


def _bearer(value: bytes) -> bytes:
    scheme, _, key = value.strip().partition(b" ")
    if scheme.lower() != b"bearer" or not key.strip():
        raise InvalidKey(
            f"The Authorization header is not a bearer key. {REMEDY}", param="authorization"
        )
    return key.strip()
