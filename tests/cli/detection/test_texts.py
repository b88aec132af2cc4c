import shutil
from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner

from gateway.cli import app
from tests.parts.configuration import document

ROOT = Path(__file__).parents[3]
REPORT = "Kenji Tanaka read it for Hayabusa Trading.\n"
LISTS = """
thresholds: {}
allow:
  ours:
    {values: [Kenji Tanaka], entities: [PERSON], tenant: acme, app: billing, owner: a@corp.example,
     reason: the name of a product, expires: 2099-12-31, mode: enforce}
deny:
  customer:
    {values: [Hayabusa Trading], entity: CUSTOMER, owner: a@corp.example, reason: agreed, expires: 2099-12-31, mode: enforce}
"""


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["scan", "-", *arguments], input=REPORT)
    return result.exit_code, result.stdout


@pytest.mark.parametrize(
    ("caller", "entities"),
    [
        ([], ["PERSON", "CUSTOMER"]),
        (["--tenant", "acme"], ["PERSON", "CUSTOMER"]),
        (["--tenant", "acme", "--app", "billing"], ["CUSTOMER"]),
    ],
)
def test_with_a_configuration_its_policies_lists_are_obeyed(
    tmp_path: Path, caller: list[str], entities: list[str]
) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(ROOT / "policies", policies)
    (policies / "data/detection.yaml").write_text(LISTS, encoding="utf-8")
    config = tmp_path / "sekisho.yaml"
    policy = {"path": str(policies)}
    config.write_bytes(orjson.dumps(document(folder=str(tmp_path), policy=policy)))
    code, printed = run("--json", "--config", str(config), *caller)
    assert code == 1
    assert [one["entity"] for one in orjson.loads(printed)] == entities


def test_policies_that_cannot_be_read_are_reported(tmp_path: Path) -> None:
    config = tmp_path / "sekisho.yaml"
    policy = {"path": str(tmp_path / "absent")}
    config.write_bytes(orjson.dumps(document(folder=str(tmp_path), policy=policy)))
    result = CliRunner().invoke(app, ["scan", "-", "--config", str(config)], input=REPORT)
    assert result.exit_code == 1
    assert "absent" in result.stderr
