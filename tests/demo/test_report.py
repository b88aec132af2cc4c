"""The tour as text and as data."""

import io

from rich.console import Console

from gateway.demo.recording_proxy import RecordedRequest
from gateway.demo.report import data, show, show_captured
from gateway.demo.tour import Step

STEP = Step(
    title="1. A chat",
    app_sent="Hello [bold]there[/bold]",
    model_received={"messages": [{"content": "Hello [PERSON_k7f3q2ab]"}]},
    app_got="Hi",
    audit=[{"sequence": 1, "kind": "attempt", "outcome": ""}],
    notes=["a note"],
    promises={"kept one": True, "broken one": False},
)


def test_everything_is_shown_and_nothing_is_taken_for_markup() -> None:
    out = io.StringIO()
    show(STEP, Console(file=out, width=100))
    for text in (
        "Hello [bold]there[/bold]",
        "[PERSON_k7f3q2ab]",
        "a note",
        "kept  kept one",
        "BROKEN  broken one",
    ):
        assert text in out.getvalue()


def test_T11_one_broken_promise_breaks_the_tour() -> None:
    told = data([STEP])
    assert told["kept"] is False
    assert told["steps"][0]["promises"] == {"kept one": True, "broken one": False}


def test_what_the_model_received_is_shown_as_it_came() -> None:
    out = io.StringIO()
    tapped = RecordedRequest(
        path="/v1/chat/completions", headers={}, request_body="[PERSON_x] 様".encode()
    )
    show_captured(tapped, Console(file=out, width=100))
    assert "[PERSON_x] 様" in out.getvalue()
