from gateway.detect.base import Passage
from gateway.detect.workers.inprocess import InProcessDetector


async def test_the_real_engine_runs_in_this_process() -> None:
    detector = InProcessDetector(("en",))
    await detector.start()
    passage = Passage(text="My name is Kenji Tanaka.", languages=("en",))
    found = await detector.detect([passage], deadline=30.0)
    assert [span.entity for span in found[0]] == ["PERSON"]
    await detector.close()
