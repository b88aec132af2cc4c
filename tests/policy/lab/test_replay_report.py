"""The report of a replay as text and as a page."""

from gateway.policy.lab.replay import Example, ReplayReport
from gateway.policy.lab.replay_report import html, text

FOUND = ReplayReport(
    before="aaa",
    after="bbb",
    requests=10,
    distinct=3,
    changes={"same": 7, "newly_denied": 2, "unreadable": 1},
    by_app={"<billing>": {"newly_denied": 2}},
    by_model={"r1": {"newly_denied": 2}},
    by_rule={"hours": {"newly_denied": 2}},
    examples={
        "newly_denied": [
            Example(
                request_id="req_1",
                time="2026-11-24T09:00:00+00:00",
                app="<billing>",
                model="r1",
                before=(),
                after=("hours",),
            )
        ]
    },
)


def test_the_text_has_counts_tables_and_examples() -> None:
    report = text(FOUND)
    assert "10 requests, 3 distinct decisions" in report
    assert "       2  newly denied" in report
    assert "       1  could not be decided again" in report
    assert "  hours: 2 newly denied" in report
    assert "req_1 <billing> r1: allowed -> hours" in report


def test_the_page_is_whole_and_escaped() -> None:
    page = html(FOUND)
    assert page.startswith("<!doctype html>")
    assert "&lt;billing&gt;" in page
    assert "<billing>" not in page
    assert "req_1" in page
    assert "http" not in page, "nothing is loaded from elsewhere"
