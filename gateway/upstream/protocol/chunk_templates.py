"""Chunks of a stream that differ from an earlier one in nothing but their text, which most chunks do."""

from collections.abc import Callable, Sequence
from typing import Final

import orjson

from gateway.errors import UpstreamFailed
from gateway.types import Event, TextDelta

_PROBE: Final = "\x00another text\x00"
_MAX_TEMPLATES: Final = 8
"""How often a new pattern is learned: a server whose chunks never repeat is not to be learned from for ever."""


class ChunkTemplateCache:
    """Reads the text of such a chunk without reading the rest of it again.

    The pattern is what stands before and after the text's JSON string. That another string there is another text
    and changes nothing else is proven, with a probe, before the pattern is used.

    Args:
        read: reads a chunk in full.
    """

    def __init__(self, read: Callable[[bytes, str], Sequence[Event]]) -> None:
        self._read = read
        self._templates_left = _MAX_TEMPLATES
        self._choice = 0
        self._before = self._after = b""

    def text(self, data: bytes) -> TextDelta | None:
        """The only event of a chunk that fits the pattern, else ``None``."""
        before, after = self._before, self._after
        if not (before and data.startswith(before) and data.endswith(after)):
            return None
        try:
            text = orjson.loads(data[len(before) : len(data) - len(after)])
        except orjson.JSONDecodeError:
            return None
        return TextDelta(choice=self._choice, text=text) if text and type(text) is str else None

    def learn(self, data: bytes, key: str, events: Sequence[Event]) -> None:
        """Take the pattern of a chunk that holds a text and nothing else.

        Args:
            data: the chunk.
            key: as :meth:`EventReader.read` has it.
            events: what the chunk holds.
        """
        if not (self._templates_left and len(events) == 1 and isinstance(events[0], TextDelta)):
            return
        self._templates_left -= 1
        before, _, after = data.partition(orjson.dumps(events[0].text))
        choice = events[0].choice
        probe = TextDelta(choice=choice, text=_PROBE)
        if after and self._probed(before + orjson.dumps(_PROBE) + after, key) == [probe]:
            self._choice, self._before, self._after = choice, before, after

    def _probed(self, data: bytes, key: str) -> Sequence[Event]:
        try:
            return self._read(data, key)
        except UpstreamFailed:  # the same string stands somewhere else first
            return ()
