"""Every shipped Rego test, on OPA and on the embedded engine; the rules' form."""

import shutil
from pathlib import Path

import orjson
import pytest

from gateway.policy.compile.build import Build, build
from gateway.policy.compile.self_test import run as run_tests
from tests.parts.opa import opa
from tests.policy.conftest import POLICIES


def test_every_rule_has_tests_and_a_folder_of_its_own() -> None:
    for folder in (POLICIES / "rules").iterdir():
        assert (folder / f"{folder.name}.rego").exists()
        assert (folder / f"{folder.name}_test.rego").exists()


@pytest.fixture(scope="session")
def sources(shipped: Build, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Rules, tests and data as files that OPA's own commands can be given."""
    folder = tmp_path_factory.mktemp("built")
    (folder / "data.json").write_bytes(orjson.dumps(shipped.data))
    (folder / "rule_list.rego").write_text(shipped.modules["main/rule_list.rego"])
    rego = [str(path) for path in sorted(POLICIES.rglob("*.rego"))]
    return [*rego, str(folder / "rule_list.rego"), str(folder / "data.json")]


def test_opa_runs_every_shipped_test(sources: list[str]) -> None:
    run = opa("test", *sources, "--format", "json")
    results = orjson.loads(run.stdout)
    assert run.returncode == 0, run.stdout
    assert len(results) >= 120
    assert not [result["name"] for result in results if result.get("fail") or result.get("error")]


def test_the_embedded_engine_runs_the_same_tests_and_covers_every_line(
    shipped: Build, sources: list[str]
) -> None:
    report = run_tests(shipped, coverage=True)
    assert report.faults == []
    results = orjson.loads(opa("test", *sources, "--format", "json").stdout)
    assert {outcome.name for outcome in report.outcomes} == {result["name"] for result in results}
    assert [(module.file, module.missed) for module in report.coverage if module.missed] == []


def test_the_rules_are_strict_and_formatted(sources: list[str]) -> None:
    rego = [source for source in sources if source.endswith(".rego")]
    self_tested = opa("check", "--strict", *rego)
    assert self_tested.returncode == 0, self_tested.stderr
    assert opa("fmt", "--list", *rego).stdout == ""


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("data/operators.yaml", "status: denied", "status: allowed"),
        ("data/settings.yaml", "no-deepseek-cloud: enforce", "us-ndaa-1532: enforce"),
        ("data/apps.yaml", "tools: true", "tools: false"),
        ("data/entities.yaml", "block", "keep"),
        ("data/entities.yaml", "reasoning: pass", "reasoning: drop"),
        ("data/purposes.yaml", "trains: false", "trains: true"),
        ("rules/modality/modality.rego", "mode: enforce", "mode: shadow"),
    ],
)
def test_the_tests_of_rules_hold_whatever_is_chosen(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    """What the security team decides in data must not look like a broken rule."""
    folder = Path(shutil.copytree(POLICIES, tmp_path / "policies"))
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    assert run_tests(build(folder)).faults == []
