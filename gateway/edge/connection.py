"""One client connection, with bounds on everything an unknown client can send or hold.

uvicorn and its parser bound neither the size of a message's head nor the time it takes, add trailer fields to the
header fields, and wait for ever for a client that does not read. The bounds are those of ``limits`` in the configuration.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, Literal, TypeAlias

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.dialects.openai.chat import OpenAIChat
from gateway.edge.endpoint import new_request_id
from gateway.edge.tls_protocol import TlsInfoProtocol
from gateway.errors import HeadersTooLarge, HeadersTooSlow, SekishoError
from gateway.settings.server import Limits

CloseReason: TypeAlias = Literal[
    "connections", "header_bytes", "header_time", "body_time", "body_bytes", "slow_reader"
]
OnClose: TypeAlias = Callable[[CloseReason], None]

_FRAMING: Final = 8
"""Bytes of chunk framing for each byte of a body that are no sign of abuse: one-byte chunks have five."""
_LEAST_RATE: Final = 1024
"""Bytes a second that a client must at least take while something waits for it."""
_PHRASES: Final = {408: b"Request Timeout", 431: b"Request Header Fields Too Large"}


class GuardedConnection(TlsInfoProtocol):
    """One connection of a port.

    Args:
        limits: the bounds.
        on_close: called with the reason when a connection is closed because of a bound.
        uvicorn: what uvicorn passes to its protocols.
    """

    def __init__(self, limits: Limits, on_close: OnClose, **uvicorn: Any) -> None:
        super().__init__(**uvicorn)
        self._limits = limits
        self._on_close = on_close
        self._overhead = 0
        """Bytes received of the present message, less those of its body."""
        self._body = 0
        self._in_body = False
        self._message_ended = False
        self._unsent = 0
        self._must_be_read_by = 0.0
        self._head_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Accept the connection, unless there are too many; its first request must come in time."""
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections:
            self._abort("connections")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all timers."""
        super().connection_lost(exc)
        for timer in (self._head_timer, self._body_timer, self._write_timer):
            if timer is not None:
                timer.cancel()

    # What a client sends

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and count what is not part of a body.

        The parser keeps an unfinished field in memory and reports it only when it is complete, so fields can't be counted.
        """
        self._overhead += len(data)
        self._message_ended = False
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._message_ended:
            # The rest of the data belongs to the next message: at most one read, which is bounded.
            self._overhead = 0
        if self._overhead > self._limits.header_bytes + _FRAMING * self._body:
            self._refuse(HeadersTooLarge(self._too_large()), "header_bytes")
        elif not self._in_body and self._head_timer is None:
            self._await_head()

    def on_message_begin(self) -> None:
        """Start counting the body."""
        super().on_message_begin()
        self._body = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header field; a trailer field is dropped.

        After the body a client could claim what a proxy has removed from the head. No field that the gateway reads may be sent
        as a trailer, and none may be merged (RFC 9110, section 6.5.1).
        """
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Start the request. From here on, ``guards.read_body`` bounds the time of the body."""
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
        self._in_body = True
        if not self.flow.write_paused:
            # What is left of the last reply will mix with the next, so that its rate is not known any more.
            self._stop_watching()
        self._must_be_read_by = self.loop.time() + self._limits.reply_seconds
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Pass the body on; what arrives after the reply is dropped, within bounds."""
        self._overhead -= len(body)
        self._body += len(body)
        super().on_body(body)
        if self.cycle.response_complete and self._body > self._limits.body_bytes:
            self._abort("body_bytes")

    def on_message_complete(self) -> None:
        """Note the end of the message."""
        self._in_body = False
        self._message_ended = True
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Bound the rest of a refused body, and the time in which the client reads the reply.

        The connection is not closed at once: with unread data that would reset it, and the client might lose the reply
        (RFC 9112, section 9.6).
        """
        super().on_response_complete()
        if self._in_body and self.cycle.response_complete and self._body_timer is None:
            self._body_timer = self.loop.call_later(
                self._limits.body_seconds, self._abort, "body_time"
            )
        self._watch_writing()

    def _await_head(self) -> None:
        self._head_timer = self.loop.call_later(self._limits.header_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._responding():
            # The next request waits for this reply. Its time starts again with the next byte.
            return
        if self._overhead:
            self._refuse(HeadersTooSlow(self._too_slow()), "header_time")
        elif not self.transport.is_closing():
            # Nothing was sent, as by clients that connect in advance.
            self.transport.close()

    # What a client reads

    def pause_writing(self) -> None:
        """Bound the time in which the client makes room."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """The client made room; only the end of a reply is watched further."""
        super().resume_writing()
        self._stop_watching()
        if not self._responding():
            self._watch_writing()

    def _stop_watching(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def _watch_writing(self) -> None:
        self._unsent = self.transport.get_write_buffer_size()
        if self._unsent and self._write_timer is None:
            self._write_timer = self.loop.call_later(self._limits.send_seconds, self._check_writing)

    def _check_writing(self) -> None:
        """Close the connection of a client that took less than the least rate. Also while it is closing, which waits."""
        self._write_timer = None
        left = self.transport.get_write_buffer_size()
        expected = min(self._unsent, int(_LEAST_RATE * self._limits.send_seconds))
        if left and (self._unsent - left < expected or self.loop.time() > self._must_be_read_by):
            self._abort("slow_reader")
            return
        self._watch_writing()

    # Ends

    def _responding(self) -> bool:
        # uvicorn types it as always set; before the first request it is not.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _refuse(self, error: SekishoError, reason: CloseReason) -> None:
        """Answer with the error and close; where a reply has begun, close without a word."""
        if self._responding() or self.transport.is_closing():
            self._abort(reason)
            return
        body = OpenAIChat().error(error, new_request_id())
        head = b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self._on_close(reason)
        self.transport.write(head % (error.status, _PHRASES[error.status], len(body)) + body)
        self.transport.close()
        self._watch_writing()

    def _abort(self, reason: CloseReason) -> None:
        """Drop the connection with all that was not sent."""
        self._on_close(reason)
        self.transport.abort()

    def _too_large(self) -> str:
        return f"The head of the request is over the limit of {self._limits.header_bytes} bytes."

    def _too_slow(self) -> str:
        seconds = self._limits.header_seconds
        return f"The head of the request did not arrive within {seconds:g} seconds."
