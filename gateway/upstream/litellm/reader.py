"""Reads a vendor's replies: frames are parsed here, and their documents are translated by litellm."""

from collections.abc import Iterator
from typing import Any

from gateway.errors import UpstreamFailed
from gateway.types import Event, Json, UsageEvent
from gateway.upstream.litellm.translation import Translation
from gateway.upstream.protocol.adapter import CUT_OFF, Reader
from gateway.upstream.protocol.events import EventReader, decoded, malformed
from gateway.upstream.protocol.failures import error_from_body, error_from_status
from gateway.upstream.transport.sse import SseParser

_MAX_FRAME_BYTES = 1 << 20
_ENDS = frozenset({"message_stop"})
_IGNORED = frozenset({"ping"})
_AWS_STATUS = {
    "throttlingException": 429,
    "validationException": 400,
    "modelStreamErrorException": 502,
    "serviceUnavailableException": 503,
}
"""Exceptions within a stream (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html); others are 500."""


class TranslatedReader(Reader):
    """Reads one reply. Vendors report usage repeatedly as it grows; it is given once, at the end.

    Args:
        translation: of the request that is answered.
        frames: parses AWS's frames; ``None`` for server-sent events.
        broken_frame: the exception that ``frames`` raises for a wrong length or checksum.
    """

    def __init__(
        self,
        translation: Translation,
        frames: Any = None,
        broken_frame: type[Exception] = ValueError,
    ) -> None:
        self._translation = translation
        self._frames = frames
        self._broken_frame = broken_frame
        self._sse = SseParser()
        self._events = EventReader()
        self._usage: UsageEvent | None = None

    def whole(self, body: bytes) -> list[Event]:
        document = decoded(body)
        _raise_reported(document)
        return self._events.read_document(self._translation.whole(document), "message")

    def feed(self, chunk: bytes, batch: list[Event]) -> bool:
        for document in self._documents(chunk):
            if document is None or document.get("type") in _ENDS:
                return True
            if document.get("type") not in _IGNORED:
                _raise_reported(document)
                self._take(self._translation.chunk(document), batch)
        return False

    def end(self) -> list[Event]:
        if not self._events.finished:
            raise UpstreamFailed(CUT_OFF, fallback=True)
        return [] if self._usage is None else [self._usage]

    def _take(self, document: Json, batch: list[Event]) -> None:
        if document is None:
            return
        for event in self._events.read_document(document, "delta"):
            if isinstance(event, UsageEvent):
                self._usage = event
            else:
                batch.append(event)

    def _documents(self, chunk: bytes) -> Iterator[dict[str, Any] | None]:
        """The documents of the stream; ``None`` at its end marker."""
        if self._frames is None:
            for data in self._sse.feed(chunk):
                yield None if data == b"[DONE]" else decoded(data)
            return
        self._frames.add_data(chunk)
        for message in self._messages():
            headers = message.headers
            if headers.get(":message-type") != "event":
                status = _AWS_STATUS.get(str(headers.get(":exception-type")), 500)
                raise error_from_status(status, message.payload)
            yield decoded(message.payload)

    def _messages(self) -> Iterator[Any]:
        try:
            for message in self._frames:
                if len(message.payload) > _MAX_FRAME_BYTES:
                    raise malformed()
                yield message
        except self._broken_frame:
            raise malformed() from None


def _raise_reported(document: dict[str, Any]) -> None:
    if document.get("error") is not None or document.get("type") == "error":
        raise error_from_body(document.get("error") or document)
