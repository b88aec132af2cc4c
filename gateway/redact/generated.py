"""Values that the model generated: found in its reply, and in no segment of the request."""

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from gateway.errors import ContentBlocked
from gateway.text.occurrences import Occurrences
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Treatment, Vault

_QUOTE_OR_ESCAPE: Final = re.compile(r'"|\\.?', re.DOTALL)
_PART: Final = 4096
"""Characters of a part of treated text."""
_PIECE: Final = 64
"""What a finding counts for, in characters, when a part is measured."""


class JsonStringTracker:
    """Follows the quotes of JSON text (RFC 8259, section 7) fed piece by piece, split anywhere."""

    def __init__(self) -> None:
        self.in_string = False
        self._escaped = False

    def advance(self, text: str) -> None:
        """Read ``text``; afterwards ``in_string`` is whether a string is open at its end."""
        position = 0
        if self._escaped and text:
            self._escaped, position = False, 1
        while position < len(text):
            position = self._next(text, position)

    def _next(self, text: str, position: int) -> int:
        """Read up to the next quote or escape, and that; returns where it ends."""
        if not self.in_string:
            # A backslash escapes only within a string.
            quote = text.find('"', position)
            self.in_string = quote >= 0
            return quote + 1 if self.in_string else len(text)
        mark = _QUOTE_OR_ESCAPE.search(text, position)
        if mark is None:
            return len(text)
        if mark[0] == '"':
            self.in_string = False
        self._escaped = mark[0] == "\\"  # the text ends within an escape
        return mark.end()


class DetectedSpan(Protocol):
    """A span that a detector reported, as offsets into the text that it read."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def entity(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TreatedText:
    """The text after treatment, and the number of generated spans in it by entity."""

    text: str = field(repr=False)
    generated: Mapping[str, int]


class RequestIndex:
    """Searches the request for a value, by the same rule as masking.

    Args:
        texts: the texts of the request.
    """

    def __init__(self, texts: SegmentTexts) -> None:
        self._texts = texts

    def contains(self, value: str) -> bool:
        """Whether the caller sent this value, masked or not."""
        # The exact text first: it is cheap, and also finds values below the minimum lengths.
        if any(value in segment.text for segment in self._texts.segments):
            return True
        return Occurrences([value]).contains(self._texts.request_text)


class RequestSearch(Protocol):
    """Searches a request for values: see :class:`RequestIndex`."""

    def contains(self, value: str) -> bool: ...


def treat(
    text: str,
    spans: Sequence[DetectedSpan],
    *,
    index: RequestSearch,
    vault: Vault,
    treatment: Mapping[str, Treatment],
    json: JsonStringTracker | None = None,
) -> TreatedText:
    """A short text, treated at once: see :func:`treated_parts`."""
    generated: Counter[str] = Counter()
    parts = treated_parts(
        text,
        spans,
        index=index,
        vault=vault,
        treatment=treatment,
        generated=generated,
        json=json,
    )
    return TreatedText(text="".join(parts), generated=dict(generated))


def treated_parts(
    text: str,
    spans: Sequence[DetectedSpan],
    *,
    index: RequestSearch,
    vault: Vault,
    treatment: Mapping[str, Treatment],
    generated: Counter[str],
    json: JsonStringTracker | None = None,
) -> Iterator[str]:
    """Replace the values that the model generated; the caller's own values and placeholders are left as they are.

    Args:
        text: a piece of the reply, before restoration.
        spans: the detectors' findings in it, disjoint and sorted.
        index: searches the request.
        vault: of the request; its replacements are left to the restorer.
        treatment: the treatment of each entity; one without a treatment is replaced.
        generated: is increased by the number of generated spans, by entity.
        json: the position in a JSON document, when the text is a piece of one. Outside a string the
            replacement is quoted, so that the document stays valid.

    Yields:
        The treated text in parts, each of which takes a short time.

    Raises:
        ContentBlocked: the policy blocks an entity of a generated value.
    """
    part: list[str] = []
    size = 0
    minted = _minted(text, vault) if spans else []
    generated_spans = (
        span
        for span in spans
        if not (_touches(span, minted) or index.contains(text[span.start : span.end]))
    )
    pieces = _pieces(text, generated_spans, treatment=treatment, generated=generated, json=json)
    for piece in pieces:
        part.append(piece)
        # Each piece counts: at its finding the whole request may have been searched.
        size += len(piece) + _PIECE
        if size >= _PART:
            yield "".join(part)
            part, size = [], 0
    if part:
        yield "".join(part)


def _pieces(
    text: str,
    spans: Iterable[DetectedSpan],
    *,
    treatment: Mapping[str, Treatment],
    generated: Counter[str],
    json: JsonStringTracker | None,
) -> Iterator[str]:
    """The text between the spans, and what is in the place of each."""
    position = 0
    for span in spans:
        yield from _slices(text, position, span.start, json)
        generated[span.entity] += 1
        replacement = _replacement(text, span, treatment)
        if json is not None:
            quoted = json.in_string or _kept(span, treatment)
            replacement = replacement if quoted else f'"{replacement}"'
            json.advance(text[span.start : span.end])
        yield replacement
        position = span.end
    yield from _slices(text, position, len(text), json)


def _slices(text: str, start: int, end: int, json: JsonStringTracker | None) -> Iterator[str]:
    for begin in range(start, end, _PART):
        piece = text[begin : min(begin + _PART, end)]
        if json is not None:
            json.advance(piece)
        yield piece


def only_replacements(text: str, vault: Vault) -> bool:
    """Whether a text holds replacements of this request and no other word, so that it needs no scan."""
    if "[" not in text and not vault.prefixes:
        return False
    other_text = vault.pattern.sub(lambda m: m[0] if vault.get(m[0]) is None else "", text)
    return not any(map(str.isalnum, other_text))


def _minted(text: str, vault: Vault) -> list[tuple[int, int]]:
    return [m.span() for m in vault.pattern.finditer(text) if vault.get(m[0]) is not None]


def _touches(span: DetectedSpan, places: Sequence[tuple[int, int]]) -> bool:
    """Whether a span overlaps one of the places, which are disjoint and sorted."""
    before = bisect_left(places, (span.end,))
    return before > 0 and places[before - 1][1] > span.start


def _kept(span: DetectedSpan, treatment: Mapping[str, Treatment]) -> bool:
    return treatment.get(span.entity) == "keep"


def _replacement(text: str, span: DetectedSpan, treatment: Mapping[str, Treatment]) -> str:
    match treatment.get(span.entity, "placeholder"):
        case "keep":
            return text[span.start : span.end]
        case "block":
            raise ContentBlocked(
                f"The model's reply holds {span.entity} data that is not from the request, "
                "which policy blocks."
            )
        case _:
            return f"[{span.entity}]"
