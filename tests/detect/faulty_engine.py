"""Helpers of the tests with the faulty engine."""

from gateway.detect.base import Passage
from gateway.detect.workers.pool import ProcessDetector

FAULTY = f"{__package__}.engines:faulty"


async def ask(detector: ProcessDetector, text: str) -> int:
    """The number of findings in a text."""
    found = await detector.detect([Passage(text=text)], deadline=5.0)
    return len(found[0])
