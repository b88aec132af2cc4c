"""The fault of canarywire's run, and the page that it writes."""

import asyncio
import os
import re
import signal

import psutil

from gateway.detect.workers.pool import ProcessDetector
from tests.detect.faulty_engine import FAULTY, ask
from tools.canarywire import REPORT, detectors, signal_detectors

_HERE = os.getpid()


async def test_B44_the_fault_stops_the_server_and_the_workers_until_it_ends() -> None:
    detector = ProcessDetector(("en",), processes=2, engine=FAULTY, hang_seconds=5)
    await detector.start()
    try:
        found = detectors(psutil.Process())
        assert len(found) == 3
        assert signal_detectors("stop", _HERE) == 0
        # The kernel stops a process a moment after its signal was sent.
        async with asyncio.timeout(30):
            while {one.status() for one in found} != {psutil.STATUS_STOPPED}:
                await asyncio.sleep(0.01)
        waiting = asyncio.ensure_future(ask(detector, "ann@example.com"))
        await asyncio.sleep(0.1)
        assert not waiting.done()
        assert signal_detectors("continue", _HERE) == 0
        assert await waiting == 1
    finally:
        for one in detectors(psutil.Process()):
            one.send_signal(signal.SIGCONT)
        await detector.close()


async def test_B44_without_detectors_the_fault_reports_that_it_had_no_effect() -> None:
    idle = await asyncio.create_subprocess_exec("sleep", "30")
    try:
        assert signal_detectors("stop", idle.pid) == 1
    finally:
        idle.kill()
        await idle.wait()


def test_B44_the_page_says_which_commit_it_is_about() -> None:
    page = REPORT.read_text(encoding="utf-8")
    assert page.startswith("# canarywire: PASS")
    assert re.search(r"^- Commit of this gateway: [0-9a-f]{40}$", page, re.MULTILINE)
