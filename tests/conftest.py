"""Options of the whole suite: with SEKISHO_REQUIRE_ALL=1 a skip is a failure, and skips are told loudly."""

import gc
import os
from collections.abc import Iterator

import pytest

_SKIPPED: list[str] = []


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()  # what the tests import stays for good: no collection needs to walk it


@pytest.fixture(scope="module", autouse=True)
def garbage_is_collected_on_this_thread() -> Iterator[None]:
    """A failed call's traceback keeps its policy engine in a cycle, and regorus lets engines end on their own thread alone."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _SKIPPED.append(report.nodeid)


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    if (
        _SKIPPED
        and os.environ.get("SEKISHO_REQUIRE_ALL") == "1"
        and exitstatus == pytest.ExitCode.OK
    ):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _SKIPPED:
        terminalreporter.write_line(f"NOT RUN: {', '.join(_SKIPPED)}", red=True)
