"""Replaces found values by placeholders and surrogates. Text outside the replaced spans is byte-identical.

Text of the caller that looks like a placeholder is replaced as well (the entity ``TEXT``): it is restored unchanged, and can't be
mistaken for a placeholder that was minted here.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from gateway.errors import ContentBlocked
from gateway.redact.placeholder import PATTERN
from gateway.redact.replacement import BLOCKING, replacement
from gateway.redact.schema_constraints import Constraints, constraints
from gateway.redact.vault import LITERAL
from gateway.text.embedded_json import escape
from gateway.text.occurrences import Occurrences
from gateway.text.places import FIXED, may_replace
from gateway.text.segment_text import SegmentText
from gateway.text.spans import subtract, widen
from gateway.types import Call, Finding, Place, Scan, Segment, Treatment, Vault


@dataclass(frozen=True, slots=True, kw_only=True)
class Masking:
    """New texts by segment index, and the number of replaced spans by entity."""

    replacements: Mapping[int, str] = field(repr=False)
    redactions: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    start: int
    end: int
    entity: str
    how: Treatment = "placeholder"


def mask(
    call: Call,
    scan: Scan,
    treatment: Mapping[str, Treatment],
    vault: Vault,
    texts: Sequence[SegmentText] | None = None,
) -> Masking:
    """Replacements for every value of the call that has a treatment.

    Args:
        call: the request; it is not changed.
        scan: its findings, disjoint within each segment.
        treatment: the treatment of each entity; one without a treatment gets a placeholder.
        vault: receives the values.
        texts: the call's segments, as its scan has read them.

    Raises:
        ContentBlocked: a value is in an identifier, which can't be replaced, or in a schema that only it satisfies.
        ValueError: the treatment of an entity is to block: the decision should have refused the call.
    """
    texts = texts or [SegmentText(segment) for segment in call.segments]
    spans = _treated(texts, scan.findings, treatment)
    schemas = constraints(call) if spans else Constraints()
    replacements: dict[int, str] = {}
    redactions: Counter[str] = Counter()
    # Segments that a schema constrains come first: a value has one replacement, and only there it must be a surrogate.
    for index in sorted(
        range(len(call.segments)), key=lambda index: index not in schemas.constrained_segments
    ):
        segment, wanted = call.segments[index], spans.get(index, [])
        if not wanted and "[" not in segment.text:
            continue
        # Signed text keeps its placeholders, which an earlier request minted: changing them would break the signature. A name
        # can't be changed either, and is never restored.
        unchanged = segment.place == "signed" or segment.place in FIXED
        spans_to_replace = wanted if unchanged else _with_literals(segment.text, wanted)
        if not spans_to_replace:
            continue
        _refuse_identifier(segment)
        replacements[index] = _Masker(segment, texts[index], index, vault, schemas).replace(
            spans_to_replace
        )
        redactions.update(span.entity for span in wanted)
    return Masking(replacements=replacements, redactions=dict(redactions))


def _treated(
    texts: Sequence[SegmentText], findings: Iterable[Finding], treatment: Mapping[str, Treatment]
) -> dict[int, list[_Span]]:
    """The spans to replace, by segment."""
    spans: dict[int, list[_Span]] = {}
    kept: list[Finding] = []
    values: dict[str, Finding] = {}
    for finding in findings:
        how = treatment.get(finding.entity, "placeholder")
        if how in BLOCKING:
            raise ValueError(f"{finding.entity} is blocked: this call must not be masked")
        if how == "keep":
            kept.append(finding)
        elif _may_replace(texts, finding, finding.entity):
            values.setdefault(_value(texts, finding), finding)
            spans.setdefault(finding.segment, []).append(_span(finding, finding.entity, how))
    for finding, entity in _also_replaced(texts, kept, values):
        how = treatment.get(entity, "placeholder")
        spans.setdefault(finding.segment, []).append(_span(finding, entity, how))
    return {index: sorted(found, key=lambda span: span.start) for index, found in spans.items()}


def _also_replaced(
    texts: Sequence[SegmentText], kept: list[Finding], values: dict[str, Finding]
) -> Iterator[tuple[Finding, str]]:
    """The findings that policy would keep, and that hold a value which is replaced elsewhere: what is replaced once is never sent.

    Each comes with the entity of that value. A finding that is replaced is a value too, so this repeats until none is added.
    """
    searched = dict(values)
    while kept and searched:
        occurrences = Occurrences(searched)
        found = occurrences.find([_value(texts, finding) for finding in kept])
        entities = {one.text: searched[one.value].entity for one in found}
        added = {
            index: entity
            for index, entity in entities.items()
            if _may_replace(texts, kept[index], entity)
        }
        yield from ((kept[index], entity) for index, entity in added.items())
        searched = {
            _value(texts, kept[index]): replace(kept[index], entity=entity)
            for index, entity in added.items()
        }
        kept = [finding for index, finding in enumerate(kept) if index not in added]


def _value(texts: Sequence[SegmentText], finding: Finding) -> str:
    return texts[finding.segment].value(finding.start, finding.end)


def _may_replace(texts: Sequence[SegmentText], finding: Finding, entity: str) -> bool:
    place = texts[finding.segment].place(finding.start, finding.end)
    return may_replace(_value(texts, finding), entity, place)


def _span(finding: Finding, entity: str, how: Treatment) -> _Span:
    return _Span(start=finding.start, end=finding.end, entity=entity, how=how)


def _with_literals(text: str, spans: Sequence[_Span]) -> list[_Span]:
    """The spans (disjoint), and placeholder-like text. Such text that overlaps findings is merged with them into one span."""
    literal_places = [match.span() for match in PATTERN.finditer(text)]
    if not literal_places:
        return list(spans)
    places = widen([(span.start, span.end) for span in spans], literal_places)
    starts = [span.start for span in spans]
    merged = []
    for start, end in places:
        # The first finding in it decides how all of it is replaced.
        first = spans[bisect_left(starts, start)]
        merged.append(replace(first, start=start, end=end))
    for start, end in subtract(literal_places, places):
        merged.append(_Span(start=start, end=end, entity=LITERAL))
    return sorted(merged, key=lambda span: span.start)


def _refuse_identifier(segment: Segment) -> None:
    if segment.place in FIXED:
        raise ContentBlocked(
            "The name of a tool or parameter holds sensitive data, and a name can't be replaced. "
            "Rename it."
        )


class _Masker:
    """Replaces spans of one segment."""

    def __init__(
        self, segment: Segment, text: SegmentText, index: int, vault: Vault, schemas: Constraints
    ) -> None:
        self._raw = segment.text
        self._text = text
        self._index = index
        self._vault = vault
        self._schemas = schemas

    def replace(self, spans: list[_Span]) -> str:
        pieces: list[str] = []
        position = 0
        for span in spans:
            pieces.append(self._raw[position : span.start])
            pieces.append(self._substitute(span))
            position = span.end
        pieces.append(self._raw[position:])
        return "".join(pieces)

    def _substitute(self, span: _Span) -> str:
        place = self._text.place(span.start, span.end)
        # Without the escapes, so that it is the same value in every segment.
        made = self._replacement_for(span, self._text.value(span.start, span.end), place)
        if not self._text.is_json:
            return made
        if place == "number":
            # A JSON number becomes a string, unless its replacement is a number too.
            return made if made.isdecimal() else f'"{made}"'
        return escape(made)

    def _replacement_for(self, span: _Span, value: str, place: Place) -> str:
        bound = span.entity != LITERAL and self._schemas.needs_surrogate(
            self._index, span.entity, value
        )
        how: Treatment = "surrogate" if bound and span.how == "placeholder" else span.how
        # Masks of two values are equal, and two keys of an object must not be.
        how = "hash" if place == "key" and how == "mask" else how
        made = replacement(
            how, span.entity, value, self._vault, lambda made: self._schemas.allows(value, made)
        )
        # No surrogate satisfied the schema, and a placeholder would make the provider refuse it.
        if bound and self._index in self._schemas.constrained_segments and PATTERN.fullmatch(made):
            raise ContentBlocked(
                "A JSON Schema holds sensitive data in a value that it constrains, and no other value fits. "
                "Remove the value from the schema."
            )
        return made
