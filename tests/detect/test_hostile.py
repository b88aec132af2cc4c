"""Input that is too large, too deeply encoded or not text: values are found or the request is refused, never passed unscanned."""

import asyncio
import base64
import os
from collections.abc import AsyncIterator

import pytest

from gateway.detect.base import Passage
from gateway.detect.scan.scanner import Scanner
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import BodyTooLarge, DetectorUnavailable
from gateway.settings.detection import Detect
from gateway.text.decoding import DEPTH
from gateway.types import Call, Segment

BOTH = ("en", "ja")
CARD = "4111 1111 1111 1111"
MEGABYTES = 10_000_000
PIECES = (
    "plain words of no one, ", "1 ", "\u200b１", "田中健二様のご住所は東京都港区です。", "x", "%41", "A1b2", "password is ",
    "\\u0041",
)  # fmt: skip


@pytest.fixture
async def detector() -> AsyncIterator[ProcessDetector]:
    detector = ProcessDetector(BOTH, processes=1, hang_seconds=2.0)
    await detector.start()
    yield detector
    await detector.close()


@pytest.fixture
def scanner(detector: ProcessDetector) -> Scanner:
    return Scanner(
        detector,
        Detect(languages=BOTH, deadline_ms=2000, cache_entries=10),
        cache_key=lambda _: b"k" * 32,
    )


def call(text: str) -> Call:
    return Call(
        dialect="openai",
        operation="chat",
        model="m",
        stream=False,
        document={},
        segments=(Segment(path=("messages", 0, "content"), origin="user", text=text),),
        tools=frozenset(),
        modalities=frozenset({"text"}),
    )


async def _whole_again(detector: ProcessDetector) -> None:
    """Wait until a killed process has been replaced and detects again."""
    async with asyncio.timeout(60):
        while True:
            try:
                (spans,) = await detector.detect([Passage(text=CARD)], deadline=2.0)
            except DetectorUnavailable:
                await asyncio.sleep(0.05)
            else:
                assert [s.entity for s in spans] == ["CREDIT_CARD"]
                return


async def _found_or_refused(scanner: Scanner, detector: ProcessDetector, text: str) -> None:
    """The card at the end of the text is found, or the request is refused."""
    try:
        scan = await scanner.scan(call(text), "acme")
    except (DetectorUnavailable, BodyTooLarge):
        pass
    else:
        covered = {i for f in scan.findings for i in range(f.start, f.end)}
        assert covered.issuperset(
            i for i in range(len(text) - len(CARD), len(text)) if text[i] != " "
        )
    await _whole_again(detector)


@pytest.mark.parametrize("piece", PIECES if os.environ.get("SEKISHO_PROVE") else PIECES[:3])
async def test_T48_ten_megabytes_are_found_or_refused(
    scanner: Scanner, detector: ProcessDetector, piece: str
) -> None:
    text = piece * (MEGABYTES // len(piece)) + " " + CARD
    await _found_or_refused(scanner, detector, text)


async def test_T48_a_hundred_thousand_findings_are_refused(
    scanner: Scanner, detector: ProcessDetector
) -> None:
    text = " ".join(f"u{number}@example.com" for number in range(100_000))
    with pytest.raises((DetectorUnavailable, BodyTooLarge)):
        await scanner.scan(call(text), "acme")
    await _whole_again(detector)


@pytest.mark.parametrize("depth", range(1, DEPTH + 1))
async def test_T09_deep_encodings_are_undone(scanner: Scanner, depth: int) -> None:
    text = f"card {CARD}"
    for _ in range(depth):
        text = base64.b64encode(text.encode()).decode()
    (finding,) = (await scanner.scan(call(text), "acme")).findings
    assert (finding.entity, finding.start, finding.end) == ("CREDIT_CARD", 0, len(text))


@pytest.mark.parametrize("broken", ["\ud83d", "\udc00\ud83d", "a\ud800b " * 100])
async def test_an_unpaired_surrogate_hides_nothing(scanner: Scanner, broken: str) -> None:
    text = f"{broken} 田中健二様 {broken}{CARD}"
    found = {f.entity for f in (await scanner.scan(call(text), "acme")).findings}
    assert {"PERSON", "CREDIT_CARD"} <= found
