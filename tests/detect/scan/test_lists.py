from datetime import date
from typing import Any

import pytest

from gateway.detect.base import Span
from gateway.detect.scan.lists import NO_LISTS, DetectionLists
from gateway.policy.compile.detection_schema import Detection
from gateway.types import Escaping, Segment

TODAY = date(2026, 6, 1)
ENTRY = {"owner": "security", "reason": "a product", "expires": "2026-06-01", "mode": "enforce"}
ALLOW = {**ENTRY, "values": ["Kyoto Report"], "entities": ["LOCATION", "PERSON"]}
DENY = {**ENTRY, "values": ["Project Falcon", "隼計画"], "entity": "CODE_NAME"}


class Counted:
    def __init__(self) -> None:
        self.matches: list[tuple[str, str, str]] = []

    def __call__(self, which: str, entry: str, mode: str) -> None:
        self.matches.append((which, entry, mode))


def lists(counted: Counted | None = None, **document: Any) -> DetectionLists:
    whole = {"thresholds": {}, "allow": {}, "deny": {}, **document}
    valid = Detection.model_validate(whole).model_dump(mode="json")
    return DetectionLists(valid, on_match=counted or Counted(), today=lambda: TODAY)


def segment(text: str, escaping: Escaping = "none") -> Segment:
    return Segment(path=("messages", 0, "content"), origin="user", text=text, escaping=escaping)


def person(text: str, value: str, score: float = 0.6) -> Span:
    start = text.index(value)
    return Span(start=start, end=start + len(value), entity="PERSON", score=score, detector="ner")


def apply(
    made: DetectionLists, text: str, *spans: Span, tenant: str = "acme", app: str = "billing", escaping: Escaping = "none"
) -> list[tuple[str, str]]:  # fmt: skip
    (kept,) = made.apply([segment(text, escaping)], [spans], tenant, app)
    return [(s.entity, text[s.start : s.end]) for s in kept]


TEXT = "Read the ＫＹＯＴＯ  report by Ann Lee."
SPANS = person(TEXT, "ＫＹＯＴＯ  report"), person(TEXT, "Ann Lee")


def test_an_allowed_value_is_no_finding() -> None:
    counted = Counted()
    made = lists(counted, allow={"kyoto": ALLOW})
    assert apply(made, TEXT, *SPANS) == [("PERSON", "Ann Lee")]
    assert counted.matches == [("allow", "kyoto", "enforce")]


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"mode": "shadow"}, [("allow", "kyoto", "shadow")]),
        ({"expires": "2026-05-31"}, []),
        ({"tenant": "other"}, []),
        ({"tenant": "acme", "app": "other"}, []),
        ({"entities": ["LOCATION"]}, []),
        ({"values": ["Kyoto"]}, []),
    ],
)
def test_an_entry_that_does_not_apply_changes_nothing(
    change: dict[str, Any], counts: list[tuple[str, str, str]]
) -> None:
    counted = Counted()
    made = lists(counted, allow={"kyoto": {**ALLOW, **change}})
    assert len(apply(made, TEXT, *SPANS)) == 2
    assert counted.matches == counts


@pytest.mark.parametrize("entity", ["SECRET_PASSWORD", "CREDIT_CARD", "JP_MY_NUMBER", "IBAN_CODE"])
def test_self_validating_values_cannot_be_allowed(entity: str) -> None:
    with pytest.raises(ValueError, match="confirmed by its own form"):
        lists(allow={"x": {**ALLOW, "entities": [entity]}})


@pytest.mark.parametrize("missing", ["owner", "reason", "expires", "mode", "values", "entities"])
def test_an_entry_needs_an_owner_a_reason_and_an_expiry(missing: str) -> None:
    entry = {key: value for key, value in ALLOW.items() if key != missing}
    with pytest.raises(ValueError, match="Field required"):
        lists(allow={"x": entry})


def test_a_denied_value_is_a_finding_anywhere() -> None:
    counted = Counted()
    made = lists(counted, deny={"falcon": DENY})
    assert apply(made, "about PROJECT Falcon and 隼計画について") == [
        ("CODE_NAME", "PROJECT Falcon"), ("CODE_NAME", "隼計画"),
    ]  # fmt: skip
    assert counted.matches == [("deny", "falcon", "enforce")] * 2


def test_a_denied_value_is_found_in_escaped_json() -> None:
    made = lists(deny={"falcon": DENY})
    text = '{"a": "\\u96bc\\u8a08\\u753b"}'
    assert apply(made, text, escaping="json") == [("CODE_NAME", "\\u96bc\\u8a08\\u753b")]


def test_a_denied_value_in_shadow_is_counted() -> None:
    counted = Counted()
    made = lists(counted, deny={"falcon": {**DENY, "mode": "shadow"}})
    assert apply(made, "about Project Falcon") == []
    assert counted.matches == [("deny", "falcon", "shadow")]


def test_findings_below_the_threshold_of_their_entity_are_dropped() -> None:
    made = lists(thresholds={"PERSON": 0.7})
    text = "Ann Lee and Bob Roe"
    assert apply(made, text, person(text, "Ann Lee"), person(text, "Bob Roe", 0.7)) == [
        ("PERSON", "Bob Roe")
    ]


def test_without_entries_findings_are_as_they_were() -> None:
    assert NO_LISTS.apply([segment(TEXT)], [SPANS], "acme", "billing") == [SPANS]
