"""Every shipped Rego test, on OPA and on the embedded engine; the rules' form."""

import orjson
import pytest

from gateway.policy.build import Build
from gateway.policy.selftest import run as run_tests
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
    told = orjson.loads(opa("test", *sources, "--format", "json").stdout)
    assert {outcome.name for outcome in report.outcomes} == {result["name"] for result in told}
    assert [(module.file, module.missed) for module in report.coverage if module.missed] == []


def test_the_rules_are_strict_and_formatted(sources: list[str]) -> None:
    rego = [source for source in sources if source.endswith(".rego")]
    checked = opa("check", "--strict", *rego)
    assert checked.returncode == 0, checked.stderr
    assert opa("fmt", "--list", *rego).stdout == ""
