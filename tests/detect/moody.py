"""What tests of the moody engine share."""

from gateway.detect.base import Passage
from gateway.detect.pool import ProcessDetector

MOODY = f"{__package__}.engines:moody"


async def ask(detector: ProcessDetector, text: str) -> int:
    """How many findings there are in the text."""
    found = await detector.detect([Passage(text=text)], deadline=5.0)
    return len(found[0])
