"""A revision is a build: deterministic, validated, and only itself."""

import shutil
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build, build, revision
from tests.policy.conftest import POLICIES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def test_any_change_is_another_revision(shipped: Build, folder: Path) -> None:
    operators = folder / "data" / "operators.yaml"
    operators.write_text(operators.read_text().replace("status: denied", "status: allowed", 1))
    assert build(folder).revision != shipped.revision


def test_T60_a_rule_under_another_name_or_without_tests_is_a_fault(folder: Path) -> None:
    (folder / "rules" / "modality").rename(folder / "rules" / "modalities")
    with pytest.raises(ConfigError) as caught:
        build(folder)
    assert any("expected package" in fault for fault in caught.value.faults)
    assert any("expected tests beside it" in fault for fault in caught.value.faults)


def test_a_rules_folder_is_all_that_a_rule_needs(folder: Path, shipped: Build) -> None:
    shutil.rmtree(folder / "rules" / "modality")
    without = build(folder)
    assert "modality" not in without.modules["main/rule_list.rego"]
    assert "data.rules.modality.deny" in shipped.modules["main/rule_list.rego"]


def test_nobody_else_writes_the_list_of_rules(folder: Path) -> None:
    (folder / "main" / "rule_list.rego").write_text("package rule_list\n\ndenied := {}\n")
    with pytest.raises(ConfigError, match="the build writes this file"):
        build(folder)


def test_T60_a_misnamed_data_file_is_a_fault_on_both_counts(folder: Path) -> None:
    (folder / "data" / "operators.yaml").rename(folder / "data" / "operator.yaml")
    with pytest.raises(ConfigError) as caught:
        build(folder)
    assert any("operator.yaml: not a data document" in fault for fault in caught.value.faults)
    assert any("operators.yaml: missing" in fault for fault in caught.value.faults)


def test_entities_are_completed_and_sorted_for_look_up(shipped: Build) -> None:
    table = shipped.data["entities"]["treatment"]
    assert set(table["exact"]["JP_MY_NUMBER"]) == {
        "in-house",
        "device",
        "trusted-cloud",
        "public-cloud",
    }
    assert [row["prefix"] for row in table["prefixes"]] == ["SECRET_"]


def test_hosts_of_denied_operators_are_known_to_the_connector(shipped: Build) -> None:
    assert "deepseek.com" in shipped.denied_hosts()
    assert "openai.com" not in shipped.denied_hosts()


def test_B32_a_router_may_not_choose_what_a_row_or_a_country_denies(shipped: Build) -> None:
    rows = dict(shipped.data["operators"])
    rows["mistral"] = {**rows["mistral"], "status": "denied"}
    rows["deepinfra"] = {**rows["deepinfra"], "country": "CN"}
    settings = {**shipped.data["settings"], "denied_countries": {"operator": ["CN"]}}
    changed = revision(
        shipped.modules, {**shipped.data, "operators": rows, "settings": settings}, {}
    )
    assert {"deepseek", "siliconflow", "bytedance"} <= set(shipped.denied_providers())
    assert {"mistral", "mistralai", "deepinfra"}.isdisjoint(shipped.denied_providers())
    assert {"mistral", "mistralai", "deepinfra"} <= set(changed.denied_providers())


def test_a_rule_that_calls_out_is_not_built(folder: Path) -> None:
    rule = folder / "rules" / "modality" / "modality.rego"
    rule.write_text(
        rule.read_text() + '\ndeny contains "a" if http.send({"method": "get", "url": "x"})\n'
    )
    with pytest.raises(ConfigError, match=r"modality\.rego: calls http\.send"):
        build(folder)
