"""The generated pages are current, and what they show is true."""

import re

import orjson
import pytest
import yaml

from gateway.settings.root import Settings
from tools import generate_docs


def test_the_pages_are_current() -> None:
    for name, model in generate_docs.PAGES.items():
        page = (generate_docs.DOCS / name).read_text(encoding="utf-8")
        assert generate_docs.with_table(page, model) == page, "run make docs"
    assert (generate_docs.DOCS / "sekisho.schema.json").read_bytes() == generate_docs.schema(), (
        "run make docs"
    )


def test_the_coverage_page_is_current() -> None:
    page = (generate_docs.DOCS / "coverage.md").read_text(encoding="utf-8")
    assert page == generate_docs.coverage(), "run make docs"


def test_the_file_to_start_from_is_valid() -> None:
    page = (generate_docs.DOCS / "configuration.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    settings = Settings.model_validate(yaml.safe_load(example))
    assert settings.models["deepseek-r1"].deployments == ("r1-a",)


def test_a_page_without_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="markers"):
        generate_docs.with_table("# Configuration\n", Settings)


def test_nested_settings_are_reached() -> None:
    names = list(generate_docs.names())
    assert {"listen.port", "policy.opa.url", "identity.keys[].id"} <= set(names)
    assert "deployments.<name>.timeouts.total" in names
    assert len(names) == len(set(names))


def test_the_schema_refuses_unknown_keys_everywhere() -> None:
    schema = orjson.loads(generate_docs.schema())
    sections = [schema, *schema["$defs"].values()]
    assert all(
        section["additionalProperties"] is False for section in sections if "properties" in section
    )
