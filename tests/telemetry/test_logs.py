"""Logs are an allow-list."""

import subprocess
import sys

import orjson

from gateway.exchange import FactsDocument, Outcome
from gateway.telemetry.logs import exchange_fields, fault
from tests.parts.samples import call, exchange


def test_a_request_leaves_named_fields_and_no_text() -> None:
    facts = FactsDocument(canonical=b"Tanaka", purpose="")
    ended = exchange(call=call("Tanaka"), facts=facts)
    fields = exchange_fields(ended, Outcome(kind="served", status=200), 1.5)
    assert b"Tanaka" not in orjson.dumps(fields)


def test_T31_an_exception_is_told_by_type_and_place() -> None:
    try:
        raise ValueError("cannot parse Tanaka")
    except ValueError as error:
        told = fault(error)
    assert told["error_type"] == "ValueError"
    assert told["where"].startswith("test_logs.py:")
    assert "Tanaka" not in str(told)


def test_lines_are_json_on_standard_error_at_the_chosen_level() -> None:
    code = (
        "import structlog; from gateway.telemetry.logs import configure; configure('warning');"
        "log = structlog.get_logger(); log.info('quiet'); log.warning('loud', n=1)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    (line,) = run.stderr.splitlines()
    assert run.stdout == b""
    assert orjson.loads(line)["event"] == "loud"


def test_a_reader_that_has_gone_costs_the_line_and_nothing_else() -> None:
    code = (
        "import sys, structlog; from gateway.telemetry.logs import configure; configure('info');"
        "log = structlog.get_logger(); log.info('first'); sys.stderr.close(); log.info('lost');"
        "print('goes on')"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert orjson.loads(run.stderr)["event"] == "first"
    assert run.stdout == b"goes on\n"
