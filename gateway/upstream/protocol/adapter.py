"""How a deployment is talked to: what is sent for a cleared call, and how its bytes become events.

The connector, the deadlines and the last look at the wire are the same for every deployment (``http.py``); what differs is here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import UpstreamFailed
from gateway.policy.decide.permit import Cleared
from gateway.types import Event
from gateway.upstream.protocol.events import EventReader
from gateway.upstream.transport.sse import SseParser

CUT_OFF = "The model server's reply was cut off."


class Reader(Protocol):
    """Turns the bytes of one reply into events; no I/O."""

    def whole(self, body: bytes) -> list[Event]:
        """The events of a reply that is not streamed.

        Raises:
            UpstreamError: it is no reply, or an error.
        """

    def feed(self, chunk: bytes, batch: list[Event]) -> bool:
        """Add the events that are complete now; whether the stream said that it is over.

        Raises:
            UpstreamError: as above; ``batch`` holds what came before.
        """

    def end(self) -> list[Event]:
        """What is left to say when a stream is over.

        Raises:
            UpstreamFailed: it was cut off.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRequest:
    """One request as it will leave, and what will read its reply."""

    path: str
    """Below the path of the deployment's base URL, with a query where the vendor has one."""
    body: bytes = field(repr=False)
    reader: Reader = field(repr=False)
    media_type: str
    """The only kind of reply that is accepted."""


class ProviderAdapter(Protocol):
    """One vendor's way of being asked."""

    def prepare(self) -> None:
        """Load what is needed, once, at start."""

    def build_request(self, cleared: Cleared) -> ProviderRequest:
        """The request.

        Raises:
            UpstreamError: it can't be put in this vendor's words; nothing was sent.
        """

    def headers(self, key: str | None) -> Mapping[str, str]:
        """The headers that carry the deployment's credential, and the vendor's own."""


class StreamReader:
    """Reads replies in OpenAI's format: whole, or as server-sent events that end with ``[DONE]``."""

    def __init__(self, events: EventReader) -> None:
        self._events = events
        self._parser = SseParser()

    def whole(self, body: bytes) -> list[Event]:
        return self._events.read(body, "message")

    def feed(self, chunk: bytes, batch: list[Event]) -> bool:
        for data in self._parser.feed(chunk):
            if data == b"[DONE]":
                return True
            batch += self._events.read(data, "delta")
        return False

    def end(self) -> list[Event]:
        if not self._events.finished:
            raise UpstreamFailed(CUT_OFF, fallback=True)
        return []
