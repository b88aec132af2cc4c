"""What the edge passes to the pipeline, and what it gets back."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from gateway.dialects.base import Dialect
from gateway.errors import SekishoError
from gateway.exchange import Exchange
from gateway.identity.credential import Peer


class Disconnected(Exception):
    """The client disconnected before its request was complete."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """A request whose headers have arrived; its caller is not known yet."""

    request_id: str
    dialect: Dialect
    operation: str
    headers: Sequence[tuple[bytes, bytes]]
    body: Callable[[], Awaitable[bytes]] = field(repr=False)
    """Reads the body, which is awaited only once the caller is known. Raises ``SekishoError`` where it breaks a bound, and
    :class:`Disconnected`."""
    received: float
    """Wall clock at the first byte, seconds since the epoch."""
    peer: Peer
    model: str | None = field(default=None, repr=False)
    """The model in the path, if there is one."""
    reply_id: str = field(default="", repr=False)
    """The stored reply in the path, if there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the edge sends back: a whole body, or frames as they become safe to send."""

    status: int
    body: bytes | AsyncGenerator[bytes, None]
    exchange: Exchange
    error: SekishoError | None = None
    media_type: str = "application/json"
