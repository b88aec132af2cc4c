"""Values that the model generated: found in its reply, and in no segment of the request."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import ContentBlocked
from gateway.text.occurrences import Occurrences
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Segment, Treatment, Vault


class JsonStringTracker:
    """Follows the quotes of JSON text (RFC 8259, section 7) fed piece by piece, split anywhere."""

    def __init__(self) -> None:
        self.in_string = False
        self._escaped = False

    def advance(self, text: str) -> None:
        """Read ``text``; afterwards ``in_string`` is whether a string is open at its end."""
        for character in text:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = self.in_string  # a backslash escapes only within a string
            elif character == '"':
                self.in_string = not self.in_string


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
        request: the segments of the request, or the texts of it that its scan has prepared already.
    """

    def __init__(self, request: SegmentTexts | Sequence[Segment]) -> None:
        self._texts = request if isinstance(request, SegmentTexts) else SegmentTexts(request)

    def contains(self, value: str) -> bool:
        """Whether the caller sent this value, masked or not."""
        # The exact text first: it is cheap, and also finds values below the minimum lengths.
        if any(value in segment.text for segment in self._texts.segments):
            return True
        return Occurrences([value]).contains(self._texts.request_text)


def treat(
    text: str,
    spans: Iterable[DetectedSpan],
    *,
    index: RequestIndex,
    vault: Vault,
    treatment: Mapping[str, Treatment],
    json: JsonStringTracker | None = None,
) -> TreatedText:
    """Replace the values that the model generated; the caller's own values and placeholders are left as they are.

    Args:
        text: a piece of the reply, before restoration.
        spans: the detectors' findings in it, disjoint and sorted.
        index: searches the request.
        vault: of the request; its replacements are left to the restorer.
        treatment: the treatment of each entity; one without a treatment is replaced.
        json: the position in a JSON document, when the text is a piece of one. Outside a string the
            replacement is quoted, so that the document stays valid.

    Raises:
        ContentBlocked: the policy blocks an entity of a generated value.
    """
    spans = list(spans)
    if not spans:
        if json is not None:
            json.advance(text)
        return TreatedText(text=text, generated={})
    minted = _minted(text, vault)
    pieces: list[str] = []
    generated: Counter[str] = Counter()
    position = 0
    for span in spans:
        if _touches(span, minted) or index.contains(text[span.start : span.end]):
            continue
        generated[span.entity] += 1
        before = text[position : span.start]
        replacement = _replacement(text, span, treatment)
        if json is not None:
            json.advance(before)
            replacement = (
                replacement if json.in_string or _kept(span, treatment) else f'"{replacement}"'
            )
            json.advance(text[span.start : span.end])
        pieces += [before, replacement]
        position = span.end
    if json is not None:
        json.advance(text[position:])
    return TreatedText(text="".join([*pieces, text[position:]]), generated=dict(generated))


def only_replacements(text: str, vault: Vault) -> bool:
    """Whether a text holds replacements of this request and no other word, so that it needs no scan."""
    if "[" not in text and not vault.prefixes:
        return False
    other_text = vault.pattern.sub(lambda m: m[0] if vault.get(m[0]) is None else "", text)
    return not any(map(str.isalnum, other_text))


def _minted(text: str, vault: Vault) -> list[tuple[int, int]]:
    return [m.span() for m in vault.pattern.finditer(text) if vault.get(m[0]) is not None]


def _touches(span: DetectedSpan, places: list[tuple[int, int]]) -> bool:
    return any(span.start < end and start < span.end for start, end in places)


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
