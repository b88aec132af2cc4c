"""What policy data says of findings: thresholds, and values that are allowed or denied.

Applied to what the detectors found, so that a change needs no detector process to start again and no remembered
finding to be forgotten. An entry in shadow mode is counted and not obeyed; one that has expired is neither.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from gateway.detect.base import CERTAIN, Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules.dictionary import Dictionary
from gateway.detect.scan.passages import mapped_passages
from gateway.text.embedded_json import unescape
from gateway.text.occurrences import normalized
from gateway.types import Json, Segment

_DETECTOR: Final = "deny-list"

OnListMatch = Callable[[str, str, str], None]
"""Told of every match: the list (``allow`` or ``deny``), the entry's id, its mode."""


def ignore_match(_list: str, _entry: str, _mode: str) -> None:
    """Counts nothing."""


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    id: str
    tenant: str
    app: str
    expires: date
    mode: str
    entities: frozenset[str]
    """Of an allowed entry; a denied one has one entity."""
    values: frozenset[str] = field(repr=False)
    """Values as they are compared."""

    def applies_to(self, tenant: str, app: str, today: date) -> bool:
        return self.tenant in ("", tenant) and self.app in ("", app) and today <= self.expires


class DetectionLists:
    """The lists of one policy revision.

    Args:
        document: ``detection.yaml`` as the build holds it.
        on_match: told of every match.
        today: the day (UTC) by which entries expire.
    """

    def __init__(
        self,
        document: Json,
        *,
        on_match: OnListMatch = ignore_match,
        today: Callable[[], date] = _today,
    ) -> None:
        self._thresholds: Mapping[str, float] = document["thresholds"]
        self._allowed = [_entry(id_, row) for id_, row in document["allow"].items()]
        self._denied = [
            (_entry(id_, row), Dictionary(row["values"])) for id_, row in document["deny"].items()
        ]
        self._matched = on_match
        self._today = today

    def apply(
        self, segments: Sequence[Segment], found: Sequence[tuple[Span, ...]], tenant: str, app: str
    ) -> list[tuple[Span, ...]]:
        """The findings of each segment that count for this caller, disjoint and sorted."""
        today = self._today()
        allowed = [e for e in self._allowed if e.applies_to(tenant, app, today)]
        denied = [pair for pair in self._denied if pair[0].applies_to(tenant, app, today)]
        if not (self._thresholds or allowed or denied):
            return list(found)
        return [
            self._apply_to_segment(segment, spans, allowed, denied)
            for segment, spans in zip(segments, found, strict=True)
        ]

    def _apply_to_segment(
        self,
        segment: Segment,
        spans: tuple[Span, ...],
        allowed: Sequence[_Entry],
        denied: Sequence[tuple[_Entry, Dictionary]],
    ) -> tuple[Span, ...]:
        kept = tuple(
            s
            for s in spans
            if self._meets_threshold(s) and not self._is_allowed(s, segment, allowed)
        )
        read = mapped_passages(segment, segment.text, ()) if denied else ()
        added = [
            span
            for reading in read
            for entry, terms in denied
            for span in reading.to_segment(self._denied_spans(reading.passage.text, entry, terms))
        ]
        return resolve_overlaps((*kept, *added), segment.text) if added else kept

    def _meets_threshold(self, span: Span) -> bool:
        return span.score >= self._thresholds.get(span.entity, 0.0)

    def _is_allowed(self, span: Span, segment: Segment, allowed: Sequence[_Entry]) -> bool:
        if not allowed:
            return False
        written = segment.text[span.start : span.end]
        if segment.escaping == "json" and "\\" in written:
            written = unescape(segment.text, span.start, span.end)[0]
        value = normalized(written).text
        enforced = False
        for entry in allowed:
            if span.entity in entry.entities and value in entry.values:
                self._matched("allow", entry.id, entry.mode)
                enforced = enforced or entry.mode == "enforce"
        return enforced

    def _denied_spans(self, text: str, entry: _Entry, terms: Dictionary) -> Iterator[Span]:
        entity = next(iter(entry.entities))
        for start, end in terms.find(text):
            self._matched("deny", entry.id, entry.mode)
            if entry.mode == "enforce":
                yield Span(start=start, end=end, entity=entity, score=CERTAIN, detector=_DETECTOR)


def _entry(id_: str, row: Json) -> _Entry:
    return _Entry(
        id=id_,
        tenant=row["tenant"],
        app=row["app"],
        expires=date.fromisoformat(row["expires"]),
        mode=row["mode"],
        entities=frozenset(row["entities"] if "entities" in row else (row["entity"],)),
        values=frozenset(normalized(value.strip()).text for value in row["values"]),
    )


NO_LISTS: Final = DetectionLists({"thresholds": {}, "allow": {}, "deny": {}})
"""Every finding counts."""
