"""Every shipped Rego test, on OPA and on the embedded engine; the rules' form."""

import re
from pathlib import Path

import orjson
import pytest
import regorus

from gateway.policy.build import Build
from tests.parts.opa import opa
from tests.policy.conftest import POLICIES

TESTS = sorted(POLICIES.rglob("*_test.rego"))
BUILTINS = frozenset({"count", "sort", "startswith", "object.union"})
"""What shipped rules and their tests may call: every engine has these and agrees on them."""


def test_every_rule_has_tests_and_a_folder_of_its_own() -> None:
    for folder in (POLICIES / "rules").iterdir():
        assert (folder / f"{folder.name}.rego").exists()
        assert (folder / f"{folder.name}_test.rego").exists()


def test_opa_runs_every_shipped_test(shipped: Build, tmp_path: Path) -> None:
    data = tmp_path / "data.json"
    data.write_bytes(orjson.dumps(shipped.data))
    run = opa(
        "test", str(POLICIES / "main"), str(POLICIES / "rules"), str(data), "--format", "json"
    )
    results = orjson.loads(run.stdout)
    assert run.returncode == 0, run.stdout
    assert len(results) >= 30
    assert not [result["name"] for result in results if result.get("fail") or result.get("error")]


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_the_embedded_engine_agrees(shipped: Build, path: Path) -> None:
    engine = regorus.Engine()
    for name, text in shipped.modules.items():
        engine.add_policy(name, text)
    for test in TESTS:
        engine.add_policy(test.name, test.read_text())
    engine.add_data_json(orjson.dumps(shipped.data).decode())
    text = path.read_text()
    package = re.search(r"^package (\S+)", text, re.MULTILINE)
    assert package is not None
    for name in re.findall(r"^(test_\w+)", text, re.MULTILINE):
        assert engine.eval_rule_as_json(f"data.{package[1]}.{name}") == "true", name


def test_the_rules_are_strict_and_formatted() -> None:
    sources = [str(POLICIES / "main"), str(POLICIES / "rules")]
    checked = opa("check", "--strict", *sources)
    assert checked.returncode == 0, checked.stderr
    assert opa("fmt", "--list", *sources).stdout == ""


def test_rules_call_only_builtins_that_every_engine_has(shipped: Build) -> None:
    for name, text in shipped.modules.items():
        code = re.sub(r"#.*|\"[^\"]*\"", "", text)
        defined = set(re.findall(r"^(\w+)\(", code, re.MULTILINE)) | set(
            re.findall(r"^default (\w+)\(", code, re.MULTILINE)
        )
        called = set(re.findall(r"([a-z_][\w.]*)\(", code))
        assert called - defined - BUILTINS <= {"treatment.of"}, name
