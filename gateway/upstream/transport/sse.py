"""Parses server-sent events, the framing of upstreams' streams; no I/O.

The format is that of https://html.spec.whatwg.org/multipage/server-sent-events.html; only ``data`` fields are used.
"""

from gateway.errors import UpstreamFailed

_MAX_EVENT_BYTES = 1 << 20
_BOM = b"\xef\xbb\xbf"


class SseParser:
    """Collects the data of each event; the events are the same however the bytes are split."""

    def __init__(self) -> None:
        self._buffer = b""
        self._data: list[bytes] = []
        self._size = 0
        self._bom_checked = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that are now complete.

        Raises:
            UpstreamFailed: an event is over 1 MiB.
        """
        if (events := self._whole_events(chunk)) is not None:
            return events
        buffer = self._buffer + chunk
        if not self._bom_checked:
            if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
                self._buffer = buffer
                return []
            self._bom_checked, buffer = True, buffer.removeprefix(_BOM)
        # A final CR may be the first half of CRLF: it is held until the next byte is seen.
        held = b"\r" if buffer.endswith(b"\r") else b""
        *lines, rest = (
            buffer[: len(buffer) - len(held)]
            .replace(b"\r\n", b"\n")
            .replace(b"\r", b"\n")
            .split(b"\n")
        )
        self._buffer = rest + held
        self._check_size(len(self._buffer))
        return [event for line in lines if (event := self._line(line)) is not None]

    def _whole_events(self, chunk: bytes) -> list[bytes] | None:
        """The events of a chunk that holds only whole events of one line each, as most chunks do; else ``None``."""
        if not self._bom_checked or self._buffer or self._data or b"\r" in chunk:
            return None
        if len(chunk) > _MAX_EVENT_BYTES:
            return None
        if not (chunk.startswith(b"data: ") and chunk.endswith(b"\n\n")):
            return None
        events = chunk[6:-2].split(b"\n\ndata: ")
        # Any other line, such as a comment or a second line of data, makes the counts differ.
        return events if chunk.count(b"\n") == 2 * len(events) else None

    def _line(self, line: bytes) -> bytes | None:
        if not line:
            event, self._data, self._size = self._data, [], 0
            return b"\n".join(event) if event else None
        field, _, value = line.partition(b":")
        if field == b"data":
            self._data.append(value.removeprefix(b" "))
            # An empty line of data takes space too.
            self._size += len(value) + 1
            self._check_size(0)
        return None

    def _check_size(self, more: int) -> None:
        if self._size + more > _MAX_EVENT_BYTES:
            raise UpstreamFailed("The model server sent an event that is too large.", fallback=True)
