"""Options of the whole suite: with SEKISHO_REQUIRE_ALL=1 a skip is a failure, and skips are told loudly.

In every test, what holds an event loop of the gateway for too long is a failure (``tests/parts/watchdog``).
"""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.parts.watchdog import loop_watchdog
from tests.parts.watchdog.holds import HELD, Holds

_SKIPPED: list[str] = []
_HELD: list[str] = []


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


@pytest.fixture(autouse=True)
def logs_are_configured_as_before() -> Iterator[None]:
    """A command that a test runs in this process sets its level of logging; the next test must not inherit it."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def holds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Holds]:
    """The watchdog of this process, and of the gateways that its tests start."""
    folder = str(Path(loop_watchdog.__file__).parent)
    watchdog = Holds(tmp_path_factory.mktemp("watchdog") / "held.jsonl")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(loop_watchdog.VARIABLE, str(watchdog.path))
        patch.setenv("PYTHONPATH", folder, prepend=os.pathsep)
        loop_watchdog.Watchdog(watchdog.note).install()
        yield watchdog


@pytest.fixture(autouse=True)
def no_step_holds_the_loop(holds: Holds, request: pytest.FixtureRequest) -> Iterator[None]:
    """Above ``LIMIT`` a test fails; ``make prove`` lists what is above ``NOTED``."""
    holds.take()
    yield
    held = holds.take()
    for one in held:
        request.node.user_properties.append((HELD, str(one)))
    if long := [str(one) for one in held if one.seconds > loop_watchdog.LIMIT and not one.allowed]:
        pytest.fail("the event loop was held: " + "; ".join(long), pytrace=False)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped:
        _SKIPPED.append(report.nodeid)
    if report.when == "teardown":
        _HELD.extend(
            f"{what}  {report.nodeid}" for name, what in report.user_properties if name == HELD
        )


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
    if _HELD and os.environ.get("SEKISHO_PROVE"):
        terminalreporter.section("steps that held an event loop for more than 50 ms of CPU time")
        for line in sorted(_HELD, reverse=True):
            terminalreporter.write_line(line)
