"""Options of the whole suite: with SEKISHO_REQUIRE_ALL=1 a skip is a failure, and skips are told loudly."""

import os

import pytest

_SKIPPED: list[str] = []


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
