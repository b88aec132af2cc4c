"""Fast reading of chunks that differ from an earlier chunk only in their text, as most chunks of a stream do."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson

from gateway.errors import UpstreamFailed
from gateway.types import Event, TextDelta

_PROBE: Final = "\x00another text\x00"
_MAX_TEMPLATES: Final = 8
"""How many templates are tried in one reply: a server whose chunks never repeat must not cost a trial for each."""


class ChunkTemplateCache:
    """Reads the text of such a chunk without parsing the rest of it again.

    The template is the bytes before and after the JSON string of the text. Before a template is used, a probe verifies that another
    string at that position is read as another text and changes nothing else.

    Args:
        read: parses a chunk in full.
    """

    def __init__(self, read: Callable[[bytes, str], Sequence[Event]]) -> None:
        self._read = read
        self._templates_left = _MAX_TEMPLATES
        self._choice = 0
        self._before = self._after = b""

    def text(self, data: bytes) -> TextDelta | None:
        """The only event of a chunk that fits the template, else ``None``."""
        before, after = self._before, self._after
        if not (before and data.startswith(before) and data.endswith(after)):
            return None
        try:
            # A chunk that ends the string early and goes on with other fields is not a valid JSON value here.
            text = orjson.loads(data[len(before) : len(data) - len(after)])
        except orjson.JSONDecodeError:
            return None
        return TextDelta(choice=self._choice, text=text) if text and type(text) is str else None

    def add(self, data: bytes, key: str, events: Sequence[Event]) -> None:
        """Make a template of a chunk that holds a text and nothing else.

        Args:
            data: the chunk.
            key: as in :meth:`EventReader.read`.
            events: the events of the chunk.
        """
        if not (self._templates_left and len(events) == 1 and isinstance(events[0], TextDelta)):
            return
        self._templates_left -= 1
        before, _, after = data.partition(orjson.dumps(events[0].text))
        choice = events[0].choice
        probe = TextDelta(choice=choice, text=_PROBE)
        if after and self._read_probe(before + orjson.dumps(_PROBE) + after, key) == [probe]:
            self._choice, self._before, self._after = choice, before, after

    def _read_probe(self, data: bytes, key: str) -> Sequence[Event]:
        try:
            return self._read(data, key)
        except UpstreamFailed:
            # The same string occurs earlier in the chunk, so the probe was put there.
            return ()
