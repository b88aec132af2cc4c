"""The passages of a segment, and the way back from a passage's findings to the segment's own text.

A plain segment is one passage. A JSON document in a string (tool arguments) is one passage for each of its literals,
unescaped, with its key as context; findings are mapped back to the raw text.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.detect.base import Passage, Span
from gateway.text.embedded_json import Literal, literals, unescape
from gateway.text.places import FIXED
from gateway.types import Segment

_TEXT_KEYS: Final = frozenset(("description", "title", "default", "examples", "example"))
_BARE_KEY: Final = re.compile(r"[A-Za-z_$@][A-Za-z0-9_.$@/:-]{0,63}")
"""An object key that has the form of an identifier: models would take capital letters in it for names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedPassage:
    """A passage and its location in a segment.

    ``offsets[i]`` is the offset in the segment of character ``i`` of the passage, with one entry more for the end;
    ``None`` is identity. With ``whole``, any finding in the passage covers that range: a number can't be replaced in part.
    """

    passage: Passage
    offsets: Sequence[int] | None = field(default=None, repr=False)
    whole: tuple[int, int] | None = None

    def to_segment(self, spans: Iterable[Span]) -> list[Span]:
        """Spans of the passage as spans of the segment."""
        if self.whole is not None:
            first = next(iter(spans), None)
            return [] if first is None else [replace(first, start=self.whole[0], end=self.whole[1])]
        offsets = self.offsets
        if offsets is None:
            return list(spans)
        return [replace(s, start=offsets[s.start], end=offsets[s.end]) for s in spans]


def mapped_passages(segment: Segment, text: str, languages: tuple[str, ...]) -> list[MappedPassage]:
    """The passages of a segment.

    Args:
        segment: the segment; ``text`` is read in place of its own text.
        text: the segment's text as valid Unicode, of the same length, so that offsets hold for both.
        languages: the languages whose models are configured.
    """
    models = _models(segment, languages)
    found = literals(text) if segment.escaping == "json" else None
    if found is None:
        whole = (0, len(text)) if segment.place == "number" else None
        passage = Passage(text=text, key=segment.key, languages=models)
        return [MappedPassage(passage=passage, whole=whole)]
    return [_literal(text, literal, segment.key, models) for literal in found]


def _models(segment: Segment, languages: tuple[str, ...]) -> tuple[str, ...]:
    """The models that read a segment. They read prose: of schemas the descriptions, of keys those that aren't identifiers."""
    if segment.place in FIXED or segment.place == "number":
        return ()
    if segment.place == "key":
        return () if segment.origin == "schema" else _key_models(segment.text, languages)
    if segment.origin == "schema" and segment.key not in _TEXT_KEYS:
        return ()
    return languages


def _key_models(key: str, languages: tuple[str, ...]) -> tuple[str, ...]:
    return () if _BARE_KEY.fullmatch(key) else languages


def _literal(raw: str, literal: Literal, outer_key: str, models: tuple[str, ...]) -> MappedPassage:
    key = literal.key or outer_key
    if literal.kind == "number":
        passage = Passage(text=raw[literal.start : literal.end], key=key)
        return MappedPassage(passage=passage, whole=(literal.start, literal.end))
    text, offsets = unescape(raw, literal.start + 1, literal.end - 1)  # without the quotes
    if literal.kind == "key":
        return MappedPassage(
            passage=Passage(text=text, languages=_key_models(text, models)), offsets=offsets
        )
    return MappedPassage(passage=Passage(text=text, key=key, languages=models), offsets=offsets)
