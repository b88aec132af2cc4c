"""The scan stage: the findings of a whole request.

Segments whose findings are remembered are not looked at again; the others go to the detector in one call.
What is found anywhere is then marked everywhere.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

from gateway.detect.base import Detector, Passage, Span
from gateway.detect.scan.cache import CacheKeys, SpanCache, combined_key
from gateway.detect.scan.lists import NO_LISTS, DetectionLists, OnListMatch, ignore_match
from gateway.detect.scan.passages import MappedPassage, mapped_passages
from gateway.detect.scan.spread import spread
from gateway.errors import BodyTooLarge, DetectorUnavailable
from gateway.types import Call, Finding, Json, Scan, Segment

_MAX_FINDINGS: Final = 10_000
"""Each is searched for in all of the request, and again on the wire: under a second of work in all."""

_TEXT: Final = frozenset({"text"})

_Spread: TypeAlias = tuple[list[tuple[Span, ...]], tuple[Finding, ...]]
"""What was found in each segment of a request and counts, and the findings after spreading."""


class Scanner:
    """Finds what is sensitive in requests and replies.

    Args:
        detector: a started detector.
        languages: the languages whose models read what people write.
        deadline_ms: milliseconds that one scan may take.
        cache_entries: how many texts to remember.
        cache_key: a tenant's cache key.
        on_match: told of every value that a list of policy data names.
    """

    def __init__(
        self,
        detector: Detector,
        *,
        languages: Sequence[str],
        deadline_ms: int,
        cache_entries: int,
        cache_key: Callable[[str], bytes],
        on_match: OnListMatch = ignore_match,
    ) -> None:
        self._detector = detector
        self._languages = tuple(languages)
        self._seconds = deadline_ms / 1000
        self._cache = SpanCache[tuple[Span, ...]](cache_entries)
        self._spreads = SpanCache[_Spread](cache_entries)
        self._cache_key = cache_key
        self._matched = on_match
        self._latest: tuple[Json, DetectionLists] = (None, NO_LISTS)

    def lists(self, document: Json) -> DetectionLists:
        """The lists of a policy revision, made once while it is the latest.

        Args:
            document: ``detection.yaml`` as the revision's build holds it.
        """
        if self._latest[0] is not document:
            self._latest = document, DetectionLists(document, on_match=self._matched)
        return self._latest[1]

    async def scan(
        self, call: Call, tenant: str, app: str = "", lists: DetectionLists = NO_LISTS
    ) -> Scan:
        """Everything found in the call that counts for this caller, disjoint, sorted, spread over all segments.

        Raises:
            BodyTooLarge: it holds more sensitive values than one request may.
            DetectorUnavailable: the detector failed, crashed or ran out of time.
        """
        seen, keys = await self._find(call.segments, tenant)
        seen = [
            _without_image_urls(segment, spans)
            for segment, spans in zip(call.segments, seen, strict=True)
        ]
        if sum(map(len, seen)) > _MAX_FINDINGS:
            raise BodyTooLarge(
                f"The request holds more than {_MAX_FINDINGS} sensitive values. Send it in parts."
            )
        found = lists.apply(call.segments, seen, tenant, app)
        return Scan(
            findings=self._spread(call.segments, found, keys),
            unscannable=call.modalities - _TEXT,
        )

    async def scan_text(
        self, text: str, tenant: str, app: str = "", lists: DetectionLists = NO_LISTS
    ) -> tuple[Span, ...]:
        """What every detector finds in one text of a reply, as far as it counts for this caller.

        Raises:
            DetectorUnavailable: as above.
        """
        segments = (Segment(path=(), origin="assistant", text=text),)
        found, _ = await self._find(segments, tenant)
        return lists.apply(segments, found, tenant, app)[0]

    def _spread(
        self, segments: Sequence[Segment], found: list[tuple[Span, ...]], keys: Sequence[bytes]
    ) -> tuple[Finding, ...]:
        """What was found anywhere, marked everywhere; remembered, for a call that is made again."""
        key = combined_key(keys)
        known = self._spreads.get(key)
        if known is not None and known[0] == found:
            return known[1]
        marked = enumerate(spread(segments, found))
        findings = tuple(_finding(index, span) for index, spans in marked for span in spans)
        self._spreads.put(key, (found, findings), len(segments) + len(findings))
        return findings

    async def _find(
        self, segments: Sequence[Segment], tenant: str
    ) -> tuple[list[tuple[Span, ...]], list[bytes]]:
        """What the detector finds in each segment, or found before; and the key of each."""
        deadline = asyncio.get_running_loop().time() + self._seconds
        keys = CacheKeys(
            self._cache_key(tenant), self._detector.revision + ",".join(self._languages)
        )
        found: dict[bytes, tuple[Span, ...]] = {}
        missing: dict[bytes, tuple[Segment, str]] = {}
        order = []
        for segment in segments:
            text, encoded = _unicode(segment.text)
            key = keys.of(encoded, segment.origin, segment.key, segment.escaping, segment.place)
            order.append(key)
            if key in found or key in missing:
                continue
            known = self._cache.get(key)
            if known is None:
                missing[key] = segment, text
            else:
                found[key] = known
        if missing:
            for key, spans in (await self._run_detector(missing, deadline)).items():
                self._cache.put(key, spans, len(spans))
                found[key] = spans
        return [found[key] for key in order], order

    async def _run_detector(
        self, missing: dict[bytes, tuple[Segment, str]], deadline: float
    ) -> dict[bytes, tuple[Span, ...]]:
        read = {
            key: mapped_passages(s, text, self._languages) for key, (s, text) in missing.items()
        }
        passages = dict.fromkeys(
            r.passage for many in read.values() for r in many if r.passage.text
        )
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise DetectorUnavailable("detection took longer than its deadline")
        unique = list(passages)
        answers = await self._detector.detect(unique, deadline=left)
        spans: dict[Passage, tuple[Span, ...]] = dict(zip(unique, answers, strict=True))
        return {key: _located(many, spans) for key, many in read.items()}


def _located(
    read: Sequence[MappedPassage], spans: dict[Passage, tuple[Span, ...]]
) -> tuple[Span, ...]:
    """The findings of a segment's passages in the segment's own offsets."""
    if len(read) == 1 and read[0].offsets is None and read[0].whole is None:
        return spans.get(read[0].passage, ())
    return tuple(span for one in read for span in one.to_segment(spans.get(one.passage, ())))


def _without_image_urls(segment: Segment, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The findings without the address of a picture, which the model server must have to fetch it."""
    if "image_url" not in segment.path:
        return spans
    return tuple(span for span in spans if span.entity != "URL")


def _unicode(text: str) -> tuple[str, bytes]:
    """The text as valid Unicode, where half of a surrogate pair reads as ``?``; and bytes that no other text has."""
    try:
        return text, text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode(), text.encode(errors="surrogatepass")


def _finding(index: int, span: Span) -> Finding:
    return Finding(
        segment=index,
        start=span.start,
        end=span.end,
        entity=span.entity,
        score=span.score,
        detector=span.detector,
    )
