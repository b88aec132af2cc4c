"""Provider adapters: they build the request for one kind of deployment, and read its reply as events.

The connector, the time-outs and the wire check are the same for every deployment (``http.py``); adapters hold what differs.
Adapters and readers inherit these protocols by name; the members are abstract, as in ``gateway.dialects.base``.
"""

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, TypeAlias, final

import orjson

from gateway.errors import UpstreamFailed
from gateway.policy.decide.permit import Cleared
from gateway.types import Event, Json, Vault, WireFormat
from gateway.upstream.protocol.events import EventReader
from gateway.upstream.transport.sse import SseParser

CUT_OFF = "The model server's reply was cut off."

WireCheck: TypeAlias = Callable[[Vault, Json, WireFormat], None]
"""Raises ``RedactionFailed`` when a document in this format must not be sent."""


class Reader(Protocol):
    """Turns the bytes of one reply into events; no I/O."""

    @abstractmethod
    def whole(self, body: bytes) -> list[Event]:
        """The events of a reply that is not streamed.

        Raises:
            UpstreamError: the body is malformed, or reports an error.
        """

    @abstractmethod
    def feed(self, chunk: bytes, batch: list[Event]) -> bool:
        """Add the events that are now complete to ``batch``; returns whether the stream has ended.

        Raises:
            UpstreamError: as in :meth:`whole`; ``batch`` holds the events before the fault.
        """

    @abstractmethod
    def end(self) -> list[Event]:
        """The remaining events when the stream has ended.

        Raises:
            UpstreamFailed: the stream was cut off.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRequest:
    """One request as an adapter builds it, and the reader of its reply. Only a ``CheckedRequest`` is sent."""

    path: str
    """Relative to the path of the deployment's base URL, with a query where the vendor needs one."""
    document: Json = field(repr=False)
    form: WireFormat
    """The format of the document."""
    reader: Reader = field(repr=False)
    media_type: str
    """The only content type that is accepted in the reply."""


@final
class CheckedRequest:
    """A request that may be sent: its body is the document that was checked.

    Args:
        request: as the adapter built it.
        vault: of the call.
        wire_check: checks the document.

    Raises:
        RedactionFailed: the check found a value.
    """

    __slots__ = ("body", "media_type", "path", "reader")

    def __init__(self, request: ProviderRequest, vault: Vault, wire_check: WireCheck) -> None:
        wire_check(vault, request.document, request.form)
        self.body: Final = orjson.dumps(request.document)
        self.path: Final = request.path
        self.media_type: Final = request.media_type
        self.reader: Final = request.reader


class ProviderAdapter(Protocol):
    """Builds requests for one vendor's API."""

    @abstractmethod
    def prepare(self) -> None:
        """Load what the adapter needs; called once, at start."""

    @abstractmethod
    def build_request(self, cleared: Cleared) -> ProviderRequest:
        """The request for a cleared call.

        Raises:
            UpstreamError: the call can't be translated to this vendor's API; nothing was sent.
        """

    @abstractmethod
    def headers(self, key: str | None) -> Mapping[str, str]:
        """The headers with the deployment's credential, and those that the vendor requires."""


class StreamReader(Reader):
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
