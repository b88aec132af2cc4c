"""``sekisho check``."""

from pathlib import Path

import orjson

from tests.parts.commands import run, write_config


def test_a_good_configuration(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    result = run("check", "--config", str(config), "--json")
    assert result.exit_code == 0, result.output
    assert orjson.loads(result.stdout)["ok"] is True
    assert "no faults" in run("check", "--config", str(config)).stdout
    assert not (tmp_path / "audit.db").exists()


def test_every_fault_is_listed(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    config.write_text(
        config.read_text().replace("zone: in-house", "zone: basement") + "\nextra: 1\n"
    )
    result = run("check", "--config", str(config))
    assert result.exit_code == 1
    assert "deployments.r1-a.zone" in result.stderr
    assert "extra: unknown key" in result.stderr
