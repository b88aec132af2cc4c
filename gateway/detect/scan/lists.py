"""The policy's detection lists: thresholds, and values that are allowed or denied.

They are applied to what the detectors found, so a change neither restarts detector processes nor clears the cache. An
entry in shadow mode is counted but not applied; an expired entry is neither.
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
from gateway.text.normalized import normalized
from gateway.types import Json, Segment

_DETECTOR: Final = "deny-list"

OnListMatch = Callable[[str, str, str], None]
"""Called on every match with the list (``allow`` or ``deny``), the entry's id and its mode."""


def ignore_match(_list: str, _entry: str, _mode: str) -> None:
    """Ignores the match."""


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
    """The entities an allowed value may be of; a denied value has one."""
    values: frozenset[str] = field(repr=False)
    """Values in the form in which they are compared (``text.normalized.normalized``)."""

    def applies_to(self, tenant: str, app: str, today: date) -> bool:
        return self.tenant in ("", tenant) and self.app in ("", app) and today <= self.expires


class DetectionLists:
    """The lists of one policy revision.

    Args:
        document: ``detection.yaml`` as it is in the build.
        on_match: called on every match.
        today: returns the current day (UTC); entries expire after their last day.
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
        accepted = tuple(
            s
            for s in spans
            if self._meets_threshold(s) and not self._is_allowed(s, segment, allowed)
        )
        passages = mapped_passages(segment, segment.text, ()) if denied else ()
        added = [
            span
            for mapped in passages
            for entry, terms in denied
            for span in mapped.to_segment(self._denied_spans(mapped.passage.text, entry, terms))
        ]
        return resolve_overlaps((*accepted, *added), segment.text) if added else accepted

    def _meets_threshold(self, span: Span) -> bool:
        return span.score >= self._thresholds.get(span.entity, 0.0)

    def _is_allowed(self, span: Span, segment: Segment, allowed: Sequence[_Entry]) -> bool:
        if not allowed:
            return False
        written = segment.text[span.start : span.end]
        if segment.escaping == "json" and "\\" in written:
            written = unescape(segment.text, span.start, span.end)[0]
        value = normalized(written).text
        # No early return: entries in shadow mode after an enforced one are counted too.
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
