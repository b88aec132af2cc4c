"""A pool of one process whose engine fails on command."""

from collections.abc import AsyncIterator

import pytest

from gateway.detect.workers.pool import ProcessDetector
from tests.detect.faulty_engine import FAULTY


@pytest.fixture
async def detector() -> AsyncIterator[ProcessDetector]:
    detector = ProcessDetector(("en",), processes=1, engine=FAULTY, hang_seconds=0.2)
    await detector.start()
    yield detector
    await detector.close()
