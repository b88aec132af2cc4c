import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from gateway.detect.base import Passage, Span
from gateway.detect.rules.ruleset import apply_rules
from gateway.detect.scan.lists import DetectionLists
from gateway.detect.scan.scanner import Scanner
from gateway.errors import BodyTooLarge, DetectorUnavailable
from gateway.settings.detection import Detect
from gateway.types import Call, Escaping, Origin, Place, Scan, Segment

BOTH = ("en", "ja")


class Rules:
    """A detector with the rules only, which also finds "Tanaka" after "I am"."""

    def __init__(self) -> None:
        self.revision = "rules-1"
        self.scanned: list[Passage] = []
        self.deadlines: list[float] = []
        self.callers: list[tuple[str, ...]] = []
        self.fault: DetectorUnavailable | None = None

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    def ready(self) -> bool:
        return True

    async def detect(
        self, passages: Sequence[Passage], *, deadline: float, caller: tuple[str, ...] = ()
    ) -> list[tuple[Span, ...]]:
        self.scanned += passages
        self.deadlines.append(deadline)
        self.callers.append(caller)
        if self.fault:
            raise self.fault
        return [(*apply_rules(p.text, p.key), *self._names(p)) for p in passages]

    def _names(self, passage: Passage) -> list[Span]:
        at = passage.text.find("I am Tanaka")
        if at < 0 or not passage.languages:
            return []
        return [Span(start=at + 5, end=at + 11, entity="PERSON", score=0.8, detector="ner")]


@pytest.fixture
def detector() -> Rules:
    return Rules()


@pytest.fixture
def scanner(detector: Rules) -> Scanner:
    return _scanner(detector)


def _scanner(
    detector: Rules, *, max_characters: int = 1_000_000, cache_entries: int = 100
) -> Scanner:
    return Scanner(
        detector,
        Detect(
            languages=BOTH,
            deadline_ms=2000,
            max_characters=max_characters,
            cache_entries=cache_entries,
        ),
        cache_key=lambda tenant: tenant.encode().ljust(32, b"."),
    )


def segment(
    text: str, origin: Origin = "user", escaping: Escaping = "none", place: Place = "prose"
) -> Segment:
    path = ("messages", 0, "content")
    return Segment(path=path, origin=origin, text=text, escaping=escaping, place=place)


def call(*segments: Segment, modalities: frozenset[str] = frozenset({"text"})) -> Call:
    return Call(
        dialect="openai",
        operation="chat",
        model="smollm2",
        stream=False,
        document={},
        segments=segments,
        tools=frozenset(),
        modalities=modalities,
    )


def values(request: Call, scan: Scan) -> list[tuple[int, str, str]]:
    return [
        (f.segment, f.entity, request.segments[f.segment].text[f.start : f.end])
        for f in scan.findings
    ]


async def test_findings_are_sorted_and_in_the_offsets_of_their_segments(scanner: Scanner) -> None:
    request = call(
        segment("card 4111 1111 1111 1111, mail ann@example.com"),
        segment("nothing"),
        segment('{"mail": "bob\\u0040example.com"}', escaping="json"),
    )
    assert values(request, await scanner.scan(request, "acme")) == [
        (0, "CREDIT_CARD", "4111 1111 1111 1111"),
        (0, "EMAIL_ADDRESS", "ann@example.com"),
        (2, "EMAIL_ADDRESS", "bob\\u0040example.com"),
    ]


async def test_T57_found_once_found_everywhere_also_from_the_cache(scanner: Scanner) -> None:
    request = call(
        segment("I am Tanaka"),
        segment("Tanaka, yes", "assistant"),
        segment("ask_tanaka", "schema", place="identifier"),
        segment('{"who": "Tanaka"}', "assistant", escaping="json"),
    )
    # Not in the name of a tool: there a first name is a word.
    expected = [(0, "PERSON", "Tanaka"), (1, "PERSON", "Tanaka"), (3, "PERSON", "Tanaka")]
    for _ in range(2):
        assert values(request, await scanner.scan(request, "acme")) == expected


async def test_T57_other_lists_apply_to_a_cached_request(
    scanner: Scanner,
) -> None:
    request = call(segment("I am Tanaka"), segment("Tanaka, yes"))
    high = scanner.lists({"thresholds": {"PERSON": 0.9}, "allow": {}, "deny": {}})
    assert len((await scanner.scan(request, "acme")).findings) == 2
    assert (await scanner.scan(request, "acme", "", high)).findings == ()
    assert len((await scanner.scan(request, "acme")).findings) == 2


async def test_T57_segments_in_another_order_are_another_request(scanner: Scanner) -> None:
    said, heard = segment("I am Tanaka"), segment("so Tanaka it is")
    for request in (call(said, heard), call(heard, said)):
        found = values(request, await scanner.scan(request, "acme"))
        assert found == [(0, "PERSON", "Tanaka"), (1, "PERSON", "Tanaka")]


async def test_texts_that_differ_in_an_unpaired_surrogate_have_different_keys(
    scanner: Scanner, detector: Rules
) -> None:
    for half in ("\ud83d", "\ud83e"):
        await scanner.scan(call(segment(f"{half} hello")), "acme")
    assert [p.text for p in detector.scanned] == ["? hello", "? hello"]


async def test_T59_numbers_and_keys_are_text(scanner: Scanner) -> None:
    request = call(
        segment(
            '{"card": 4111111111111111, "ann@example.com": true}', "assistant", escaping="json"
        ),
        segment("4111111111111111", place="number"),
        segment("bob@example.com", place="key"),
    )
    assert values(request, await scanner.scan(request, "acme")) == [
        (0, "CREDIT_CARD", "4111111111111111"),
        (0, "EMAIL_ADDRESS", "ann@example.com"),
        (1, "CREDIT_CARD", "4111111111111111"),
        (2, "EMAIL_ADDRESS", "bob@example.com"),
    ]


async def test_T09_full_width_and_invisible_characters(scanner: Scanner) -> None:
    request = call(segment("４１１１ １１１１ １１１１ １１１１ ann@\u200bexample.com"))
    assert values(request, await scanner.scan(request, "acme")) == [
        (0, "CREDIT_CARD", "４１１１ １１１１ １１１１ １１１１"),
        (0, "EMAIL_ADDRESS", "ann@\u200bexample.com"),
    ]


async def test_T01_a_detector_error_is_never_no_findings(scanner: Scanner, detector: Rules) -> None:
    detector.fault = DetectorUnavailable("a detector failed")
    with pytest.raises(DetectorUnavailable):
        await scanner.scan(call(segment("ann@example.com")), "acme")
    detector.fault = None
    request = call(segment("ann@example.com"))
    assert values(request, await scanner.scan(request, "acme")) == [
        (0, "EMAIL_ADDRESS", "ann@example.com")
    ]


async def test_B15_the_deadline_grows_with_the_text(scanner: Scanner, detector: Rules) -> None:
    await scanner.scan(call(segment("x")), "acme")
    await scanner.scan(call(segment("word " * 20_000)), "acme")
    assert detector.deadlines == pytest.approx([2.0, 6.0], abs=0.001)


async def test_B15_more_text_than_is_scanned_is_refused_with_the_number(detector: Rules) -> None:
    scanner = _scanner(detector, max_characters=1000)
    await scanner.scan(call(segment("a " * 500)), "acme")
    with pytest.raises(BodyTooLarge, match=r"1001 characters .* at most 1000 .* in parts"):
        await scanner.scan(call(segment("b" * 1001)), "acme")
    # What is known counts no more, so a conversation may be longer.
    await scanner.scan(call(segment("a " * 500), segment("b" * 1000)), "acme")


async def test_B14_the_detector_learns_whose_texts_they_are(
    scanner: Scanner, detector: Rules
) -> None:
    await scanner.scan(call(segment("x")), "acme", "billing")
    await scanner.scan_text("y", "globex", "chat")
    assert detector.callers == [("acme", "billing"), ("globex", "chat")]


async def test_B14_a_long_text_is_many_passages_with_the_same_findings(
    scanner: Scanner, detector: Rules
) -> None:
    text = "".join(f"user{n}@example.com writes, {n}. " for n in range(3_000))
    request = call(segment(text))
    found = await scanner.scan(request, "acme")
    assert [value for _, _, value in values(request, found)] == [
        f"user{n}@example.com" for n in range(3_000)
    ]
    assert len(detector.scanned) > 20
    assert max(len(passage.text) for passage in detector.scanned) < 5_000


async def test_cached_texts_are_not_scanned_again(scanner: Scanner, detector: Rules) -> None:
    first, second = segment("I am Tanaka"), segment("and now?")
    await scanner.scan(call(first), "acme")
    detector.scanned.clear()
    await scanner.scan(call(first, second, second), "acme")
    assert [passage.text for passage in detector.scanned] == ["and now?"]


@pytest.mark.parametrize(
    "other",
    [
        segment("I am Tanaka", "tool"),
        segment("I am Tanaka", escaping="json"),
        segment("I am Tanaka", place="key"),
    ],
)
async def test_the_same_text_in_another_context_is_scanned_again(
    scanner: Scanner, detector: Rules, other: Segment
) -> None:
    await scanner.scan(call(segment("I am Tanaka")), "acme")
    detector.scanned.clear()
    await scanner.scan(call(other), "acme")
    assert len(detector.scanned) == 1


async def test_a_new_revision_or_tenant_is_scanned_again(scanner: Scanner, detector: Rules) -> None:
    for tenant, revision in (("acme", "rules-1"), ("other", "rules-1"), ("acme", "rules-2")):
        detector.revision = revision
        await scanner.scan(call(segment("I am Tanaka")), tenant)
    assert len(detector.scanned) == 3


async def test_equal_passages_are_scanned_once(scanner: Scanner, detector: Rules) -> None:
    raw = '{"a": ["same words", "same words"]}'
    await scanner.scan(
        call(segment(raw, escaping="json"), segment(raw, "tool", escaping="json")), "acme"
    )
    assert [p.text for p in detector.scanned].count("same words") == 1


async def test_modalities_that_no_detector_reads_are_reported(scanner: Scanner) -> None:
    scan = await scanner.scan(call(modalities=frozenset({"text", "image", "file"})), "acme")
    assert (scan.findings, scan.unscannable) == ((), frozenset({"image", "file"}))


async def test_text_around_an_unpaired_surrogate_is_scanned(scanner: Scanner) -> None:
    request = call(segment("\ud83d ann@example.com"))
    assert values(request, await scanner.scan(request, "acme")) == [
        (0, "EMAIL_ADDRESS", "ann@example.com")
    ]


async def test_a_reply_is_scanned_by_every_detector_and_cached(
    scanner: Scanner, detector: Rules
) -> None:
    for _ in range(2):
        spans = await scanner.scan_text("I am Tanaka", "acme")
        assert [(s.start, s.end) for s in spans] == [(5, 11)]
    assert [p.languages for p in detector.scanned] == [BOTH]


async def test_scans_at_the_same_time_do_not_mix(scanner: Scanner) -> None:
    calls = [call(segment(f"user{n}@example.com")) for n in range(20)]
    scans = await asyncio.gather(*(scanner.scan(one, "acme") for one in calls))
    assert [values(c, s)[0][2] for c, s in zip(calls, scans, strict=True)] == [
        f"user{n}@example.com" for n in range(20)
    ]


async def test_the_url_of_an_image_is_not_a_finding(scanner: Scanner) -> None:
    text = "https://pictures.example.com/a.png"
    path = ("messages", 0, "content", 1, "image_url", "url")
    picture = Segment(path=path, origin="user", text=text)
    request = call(picture, segment(f"{text}?x=1"))
    assert values(request, await scanner.scan(request, "acme")) == [(1, "URL", f"{text}?x=1")]


async def test_lists_apply_to_requests_and_to_whole_replies(detector: Rules) -> None:
    entry = {
        "owner": "o",
        "reason": "r",
        "expires": "2999-01-01",
        "mode": "enforce",
        "tenant": "acme",
        "app": "",
    }
    allow = {"tanaka": {**entry, "values": ["tanaka"], "entities": ["PERSON"]}}
    deny = {"falcon": {**entry, "values": ["Falcon"], "entity": "CODE_NAME"}}
    scanner = _scanner(detector)
    lists = scanner.lists({"thresholds": {}, "allow": allow, "deny": deny})
    request = call(segment("I am Tanaka of Falcon."))
    acme = await scanner.scan(request, "acme", "billing", lists)
    other = await scanner.scan(request, "other", "billing", lists)
    assert values(request, acme) == [(0, "CODE_NAME", "Falcon")]
    assert values(request, other) == [(0, "PERSON", "Tanaka")]
    (span,) = await scanner.scan_text("I am Tanaka of Falcon.", "acme", "billing", lists)
    assert span.entity == "CODE_NAME"


def test_lists_are_built_once_for_a_revision(scanner: Scanner) -> None:
    first: dict[str, object] = {"thresholds": {}, "allow": {}, "deny": {}}
    assert scanner.lists(first) is scanner.lists(first)
    assert scanner.lists(first) is not scanner.lists(dict(first))


async def test_more_findings_than_one_request_may_have_are_refused(scanner: Scanner) -> None:
    many = " ".join(f"u{number}@example.com" for number in range(10_001))
    with pytest.raises(BodyTooLarge, match="Send it in parts"):
        await scanner.scan(call(segment(many)), "acme")
    fewer = call(segment(many[: len(many) // 2]))
    assert len((await scanner.scan(fewer, "acme")).findings) > 4_000


async def test_B10_a_large_request_leaves_the_loop_free(scanner: Scanner) -> None:
    threads: list[int] = []

    class Watched(DetectionLists):
        def apply(self, *given: Any) -> list[tuple[Span, ...]]:
            threads.append(threading.get_ident())
            return super().apply(*given)

    lists = Watched({"thresholds": {}, "allow": {}, "deny": {}})
    await scanner.scan(call(segment("I am Tanaka. " * 1000)), "acme", "", lists)
    await scanner.scan(call(segment("I am Tanaka.")), "acme", "", lists)
    assert threads[0] != threads[1] == threading.get_ident()
