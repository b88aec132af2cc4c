"""The walkthrough as text and as data."""

import io

from rich.console import Console

from gateway.demo.recording_proxy import RecordedRequest
from gateway.demo.report import data, show, show_captured
from gateway.demo.walkthrough import Step

STEP = Step(
    title="1. A chat",
    app_sent="Hello [bold]there[/bold]",
    model_received={"messages": [{"content": "Hello [PERSON_k7f3q2ab]"}]},
    app_got="Hi",
    audit=[{"sequence": 1, "kind": "attempt", "outcome": ""}],
    notes=["a note"],
    checks={"good one": True, "bad one": False},
)


def test_everything_is_printed_and_nothing_is_taken_for_markup() -> None:
    out = io.StringIO()
    show(STEP, Console(file=out, width=100))
    for text in (
        "Hello [bold]there[/bold]",
        "[PERSON_k7f3q2ab]",
        "a note",
        "passed  good one",
        "FAILED  bad one",
    ):
        assert text in out.getvalue()


def test_T11_one_failed_check_fails_the_walkthrough() -> None:
    document = data([STEP])
    assert document["kept"] is False
    assert document["steps"][0]["promises"] == {"good one": True, "bad one": False}


def test_what_the_model_received_is_printed_unchanged() -> None:
    out = io.StringIO()
    captured = RecordedRequest(
        path="/v1/chat/completions", headers={}, request_body="[PERSON_x] 様".encode()
    )
    show_captured(captured, Console(file=out, width=100))
    assert "[PERSON_x] 様" in out.getvalue()
