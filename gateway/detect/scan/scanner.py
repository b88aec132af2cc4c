"""The scan stage: the findings of a whole request.

Segments whose findings are cached are not scanned again; the others go to the detector in one call. Every finding is then
propagated to all occurrences of its value.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias, TypeVar

from gateway.detect.base import Detector, Passage, Span
from gateway.detect.scan.cache import CacheKeys, SpanCache, combined_key
from gateway.detect.scan.lists import NO_LISTS, DetectionLists, OnListMatch, ignore_match
from gateway.detect.scan.passages import MappedPassage, mapped_passages
from gateway.detect.scan.pieces import Pieces
from gateway.detect.scan.spread import spread
from gateway.errors import BodyTooLarge, DetectorUnavailable
from gateway.settings.detection import Detect
from gateway.text.segment_texts import SegmentTexts
from gateway.threads import INLINE, TextThreads
from gateway.types import Call, Finding, Json, Scan, Segment

_MAX_FINDINGS: Final = 10_000
"""Each is searched for in the whole request, and again by the wire check; this bounds both to about a second."""

_TEXT: Final = frozenset({"text"})
_Result = TypeVar("_Result")

_Spread: TypeAlias = tuple[list[tuple[Span, ...]], tuple[Finding, ...]]
"""The findings of each segment after the detection lists, and all findings after propagation."""
_Divided: TypeAlias = tuple[dict[bytes, list[MappedPassage]], list[Passage], Pieces]


class Scanner:
    """Finds what is sensitive in requests and replies.

    Args:
        detector: a started detector.
        settings: the languages, the bounds of one scan, and the number of cached texts.
        cache_key: returns a tenant's cache key.
        on_match: called on every match of the policy's lists.
        threads: for large texts; those of the gateway are shared by all that work on texts.
    """

    def __init__(
        self,
        detector: Detector,
        settings: Detect,
        *,
        cache_key: Callable[[str], bytes],
        on_match: OnListMatch = ignore_match,
        threads: TextThreads | None = None,
    ) -> None:
        self._detector = detector
        self._languages = tuple(settings.languages)
        self._seconds = settings.deadline_ms / 1000
        self._seconds_per_character = settings.deadline_ms_per_1000 / 1_000_000
        self._max_characters = settings.max_characters
        self._cache = SpanCache[tuple[Span, ...]](settings.cache_entries)
        self._spreads = SpanCache[_Spread](settings.cache_entries)
        self._cache_key = cache_key
        self._matched = on_match
        self._threads = threads or TextThreads()
        self._latest: tuple[Json, DetectionLists] = (None, NO_LISTS)

    def lists(self, document: Json) -> DetectionLists:
        """The lists of a policy revision; those of the latest revision are cached.

        Args:
            document: ``detection.yaml`` as it is in the revision's build.
        """
        # By identity: a revision keeps its document, and comparing the contents on every request would cost more.
        if self._latest[0] is not document:
            self._latest = document, DetectionLists(document, on_match=self._matched)
        return self._latest[1]

    async def scan(
        self,
        call: Call,
        tenant: str,
        app: str = "",
        lists: DetectionLists = NO_LISTS,
        texts: SegmentTexts | None = None,
    ) -> Scan:
        """Everything found in the call that counts for this caller: disjoint, sorted and propagated over all segments.

        Args:
            call: the request.
            tenant: the caller's tenant.
            app: the caller's application.
            lists: the detection lists of the policy revision.
            texts: the segments of the call, if they are searched again afterwards.

        Raises:
            BodyTooLarge: the call has more sensitive values, or more text, than one request may.
            DetectorUnavailable: the detector failed, crashed or ran out of time.
        """
        detected, keys = await self._find(call.segments, (tenant, app))
        detected = [
            _without_image_urls(segment, spans)
            for segment, spans in zip(call.segments, detected, strict=True)
        ]
        if sum(map(len, detected)) > _MAX_FINDINGS:
            raise BodyTooLarge(
                f"The request holds more than {_MAX_FINDINGS} sensitive values. Send it in parts."
            )
        texts = texts or SegmentTexts(call.segments)
        # After the cache: lists may change, or differ by app, without a new detector revision.
        found = await self._run(
            texts.size, lambda: lists.apply(call.segments, detected, tenant, app)
        )
        findings = await self._spread(texts, found, keys)
        return Scan(findings=findings, unscannable=call.modalities - _TEXT)

    async def scan_text(
        self, text: str, tenant: str, app: str = "", lists: DetectionLists = NO_LISTS
    ) -> tuple[Span, ...]:
        """What every detector finds in one text of a reply and counts for this caller.

        Raises:
            DetectorUnavailable: as for ``scan``.
        """
        segments = (Segment(path=(), origin="assistant", text=text),)
        found, _ = await self._find(segments, (tenant, app))
        return lists.apply(segments, found, tenant, app)[0]

    async def _spread(
        self, texts: SegmentTexts, found: list[tuple[Span, ...]], keys: Sequence[bytes]
    ) -> tuple[Finding, ...]:
        """Every finding propagated to all occurrences of its value; cached, for a call that is repeated."""
        key = combined_key(keys)
        known = self._spreads.get(key)
        # The key covers texts and detectors, not the lists; so what they left must be equal too.
        if known is not None and known[0] == found:
            return known[1]
        findings = await self._run(texts.size, lambda: _propagated(texts, found))
        self._spreads.put(key, (found, findings), len(texts.segments) + len(findings))
        return findings

    async def _find(
        self, segments: Sequence[Segment], caller: tuple[str, str]
    ) -> tuple[list[tuple[Span, ...]], list[bytes]]:
        """The detector's findings for each segment, new or cached, and the cache key of each."""
        keys = CacheKeys(
            self._cache_key(caller[0]), self._detector.revision + ",".join(self._languages)
        )
        found: dict[bytes, tuple[Span, ...]] = {}
        missing: dict[bytes, tuple[Segment, str]] = {}
        order = []
        for segment in segments:
            text, encoded = _unicode(segment.text)
            key = keys.derive(encoded, segment.origin, segment.key, segment.escaping, segment.place)
            order.append(key)
            if key in found or key in missing:
                continue
            known = self._cache.get(key)
            if known is None:
                missing[key] = segment, text
            else:
                found[key] = known
        if missing:
            for key, spans in (await self._run_detector(missing, caller)).items():
                self._cache.put(key, spans, len(spans))
                found[key] = spans
        return [found[key] for key in order], order

    async def _run_detector(
        self, missing: dict[bytes, tuple[Segment, str]], caller: tuple[str, str]
    ) -> dict[bytes, tuple[Span, ...]]:
        characters = sum(len(text) for _, text in missing.values())
        if characters > self._max_characters:
            raise BodyTooLarge(
                f"The request holds {characters} characters that were not scanned before; at most "
                f"{self._max_characters} are scanned at once. Send it in parts."
            )
        mapped, unique, pieces = await self._run(characters, lambda: self._divided(missing))
        answers = await self._detector.detect(
            pieces.passages, deadline=self._seconds_for(characters), caller=caller
        )

        def located() -> dict[bytes, tuple[Span, ...]]:
            spans = dict(zip(unique, pieces.merged(answers), strict=True))
            return {key: _located(many, spans) for key, many in mapped.items()}

        return await self._run(characters, located)

    def _divided(self, missing: Mapping[bytes, tuple[Segment, str]]) -> _Divided:
        """The passages of each segment, all different ones, and their pieces."""
        mapped = {
            key: mapped_passages(s, text, self._languages) for key, (s, text) in missing.items()
        }
        passages = (one.passage for many in mapped.values() for one in many)
        unique = list(dict.fromkeys(passage for passage in passages if passage.text))
        return mapped, unique, Pieces(unique)

    def _seconds_for(self, characters: int) -> float:
        """How long the detectors, or one step on the text, may work."""
        return self._seconds + self._seconds_per_character * characters

    async def _run(self, characters: int, work: Callable[[], _Result]) -> _Result:
        """The result of work whose time grows with the text.

        Raises:
            DetectorUnavailable: it took longer than the detectors may.
        """
        if characters <= INLINE:
            return work()  # it can't be interrupted, so a time-out would be of no use
        try:
            async with asyncio.timeout(self._seconds_for(characters)):
                return await self._threads.run(characters, work)
        except TimeoutError:
            raise DetectorUnavailable("Detection took longer than its deadline.") from None


def _propagated(texts: SegmentTexts, found: list[tuple[Span, ...]]) -> tuple[Finding, ...]:
    marked = enumerate(spread(texts, found))
    return tuple(span.in_segment(index) for index, spans in marked for span in spans)


def _located(
    mapped: Sequence[MappedPassage], spans: dict[Passage, tuple[Span, ...]]
) -> tuple[Span, ...]:
    """The findings of a segment's passages in the segment's own offsets."""
    if len(mapped) == 1 and mapped[0].offsets is None and mapped[0].whole is None:
        return spans.get(mapped[0].passage, ())
    return tuple(span for one in mapped for span in one.to_segment(spans.get(one.passage, ())))


def _without_image_urls(segment: Segment, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The findings without the URL of an image, which the model server needs to fetch it."""
    if "image_url" not in segment.path:
        return spans
    return tuple(span for span in spans if span.entity != "URL")


def _unicode(text: str) -> tuple[str, bytes]:
    """The text as valid Unicode, with ``?`` for an unpaired surrogate, and bytes that are different for every text.

    JSON may have unpaired surrogates, which neither UTF-8 nor the detectors accept. The bytes keep them, or two texts
    would share a cache entry.
    """
    try:
        return text, text.encode()
    except UnicodeEncodeError:
        return text.encode(errors="replace").decode(), text.encode(errors="surrogatepass")
