"""What people leave out is filled in before any rule reads it."""

from typing import Any

from gateway.policy.compile.build import Build
from gateway.policy.compile.data_document import data_document


def completed(shipped: Build, **apps: Any) -> Any:
    default = {
        "models": ["*"],
        "purpose": None,
        "purposes": ["*"],
        "tools": True,
        "hours": [],
        "max_output_tokens": 0,
        "reasoning": "pass",
        "reasoning_groups": ["*"],
        "when_in_house_only": "deny",
        "when_harvesting": "drop",
        "reroute_to": None,
    }
    entities = {
        "zones": {},
        "default": {"treatment": {"device": "placeholder"}, "output": {"device": "keep"}},
        "entities": {"A_*": {"treatment": {"device": "block"}, "output": {}}},
    }
    pack = {
        "id": "p",
        "title": "P",
        "remedy": "R",
        "code": "policy_denied",
        "source": "S",
        "denies": [{"operators": ["openai"], "zones": None}],
    }
    source = {
        "entities": entities,
        "apps": {"default": default, "apps": apps, "groups": {}},
        "exceptions": {"e": {"reason": "p"}, "f": {"reason": "hours-id"}},
        "settings": {"packs": {"p": "shadow"}},
        "packs": {"p": pack},
    }
    return data_document(source, {"hours": {"id": "hours-id", "mode": "enforce"}})


def test_a_row_takes_from_the_default_what_it_leaves_out(shipped: Build) -> None:
    rows = completed(shipped, billing={"tools": False, "models": None})["apps"]
    assert rows["apps"]["billing"] == {**rows["default"], "tools": False}
    assert rows["default"]["purpose"] == ""


def test_hours_become_hours_of_the_week(shipped: Build) -> None:
    hours = [{"days": ["mon", "sun"], "start": 22, "end": 24}]
    rows = completed(shipped, night={"hours": hours})["apps"]
    assert rows["apps"]["night"]["hours"] == [22, 23, 166, 167]
    assert rows["default"]["hours"] == list(range(168))


def test_a_pack_is_a_rule_with_a_mode(shipped: Build) -> None:
    data = completed(shipped)
    assert data["packs"] == {"p": [{"operators": ["openai"]}]}
    assert data["rule_metadata"]["p"]["mode"] == "shadow"
    assert data["modes"] == {"enforce": ["hours"], "shadow": ["p"], "off": []}


def test_an_exception_knows_the_rule_of_its_reason(shipped: Build) -> None:
    rows = completed(shipped)["exceptions"]
    assert (rows["e"]["rule"], rows["f"]["rule"]) == ("p", "hours")


def test_entities_are_split_into_names_and_prefixes(shipped: Build) -> None:
    table = completed(shipped)["entities"]["treatment"]
    assert table["prefixes"] == [{"prefix": "A_", "zones": {"device": "block"}}]
    assert table["otherwise"] == {"device": "placeholder"}
