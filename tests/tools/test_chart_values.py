"""The schema of the chart's values is current, closed, and holds every setting that is not the chart's."""

from typing import Any

import orjson

from gateway.settings.root import Settings
from tools import chart_values, generate_docs

SCHEMA = orjson.loads(chart_values.schema())


def parts(node: Any) -> list[dict[str, Any]]:
    if isinstance(node, list):
        return [part for item in node for part in parts(item)]
    if not isinstance(node, dict):
        return []
    return [node, *(part for value in node.values() for part in parts(value))]


def test_it_is_current() -> None:
    assert generate_docs.CHART_SCHEMA.read_bytes() == chart_values.schema(), "run make docs"


def test_every_section_is_closed() -> None:
    sections = [
        part for part in parts(SCHEMA) if "properties" in part or "patternProperties" in part
    ]
    assert len(sections) > 30
    assert [one for one in sections if one.get("additionalProperties") is not False] == []


def test_only_what_operators_name_themselves_has_open_keys() -> None:
    sections = {"Values": SCHEMA, **SCHEMA["$defs"]}
    named = {
        f"{section}.{name}"
        for section, schema in sections.items()
        for name, setting in schema.get("properties", {}).items()
        for part in parts(setting)
        if isinstance(part.get("additionalProperties"), dict)
    }
    assert named == {"Selector.matchLabels", "Oidc.groups", "Oidc.roles"}


def test_every_path_is_a_file_of_the_secret() -> None:
    paths = [part for part in parts(SCHEMA) if part.get("format") == "path"]
    assert len(paths) > 10
    assert {path["pattern"] for path in paths} == {
        r"^/run/secrets/files/[A-Za-z0-9][A-Za-z0-9._-]*$"
    }


def test_what_the_chart_does_not_own_may_be_set() -> None:
    sections = Settings.model_json_schema()["$defs"]
    assert sections.keys() - SCHEMA["$defs"].keys() == OWNED
    for name in sections.keys() - OWNED:
        left = sections[name]["properties"].keys() - set(chart_values.CHART_OWNS.get(name, ()))
        assert SCHEMA["$defs"][name]["properties"].keys() == left


OWNED = {"Keys", "Policy", "Opa", "PolicyBundle", "PolicyVerify", "ApiKey"}
"""Sections that are the chart's as a whole."""
