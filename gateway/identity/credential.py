"""The credential of a request, in whichever header its SDK sends it."""

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
    """The other end of a connection, as the server itself knows it. Headers are not trusted for this."""

    address: str
    """The IP address, or ``""`` when it is not known."""
    certificate: str | None = field(default=None, repr=False)
    """The client certificate of the TLS handshake, in PEM: it chains to the configured CA, and the peer holds its key."""


def extract_credential(headers: Headers) -> bytes | None:
    """The credential in the headers, or ``None`` when there is none.

    Raises:
        InvalidKey: several credentials were sent, or it is malformed.
    """
    found = [_bearer(value) for name, value in headers if name == b"authorization"]
    found += [value.strip() for name, value in headers if name in _BARE]
    if not found:
        return None
    # The same key in two different headers is accepted; the same header twice is not, even with equal values:
    # servers and proxies disagree on which of the two counts.
    if len(set(found)) > 1 or any(
        sum(name == each for name, _ in headers) > 1 for each in (b"authorization", *_BARE)
    ):
        raise InvalidKey(f"More than one key was sent. {REMEDY}", param="authorization")
    credential = found[0]
    if not 0 < len(credential) <= _MAX_CREDENTIAL_BYTES or not all(
        33 <= byte <= 126
        for byte in credential  # visible ASCII: nothing that could break a header or a log line
    ):
        raise unknown_credential()
    return credential


def missing_credential() -> InvalidKey:
    """The refusal of a request without a credential."""
    return InvalidKey(f"No key was sent. {REMEDY}", param="authorization")


def unknown_credential() -> InvalidKey:
    """The refusal of a credential. It is the same for every cause, so that it helps nobody to guess."""
    return InvalidKey(f"The key is not known here. {REMEDY}", param="authorization")


def _bearer(value: bytes) -> bytes:
    scheme, _, key = value.strip().partition(b" ")
    # The scheme is case-insensitive (RFC 9110, section 11.1).
    if scheme.lower() != b"bearer" or not key.strip():
        raise InvalidKey(
            f"The Authorization header is not a bearer key. {REMEDY}", param="authorization"
        )
    return key.strip()
