"""``sekisho check``."""

from pathlib import Path

import orjson

from tests.detect.gliner_networks import gliner
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


def test_recognisers_that_cannot_be_used_are_faults(tmp_path: Path) -> None:
    network = gliner(tmp_path / "net", {"Xoan": "person"})
    recognisers = [
        {"onnx": str(network), "labels": {"person": "PERSON"}},
        {"python": "tests.detect.badges:Absent"},
    ]
    config = write_config(tmp_path, detect={"recognisers": recognisers[:1]})
    assert run("check", "--config", str(config)).exit_code == 0
    (network / "gliner_config.json").write_text('{"span_mode": "token_level"}')
    config = write_config(tmp_path, detect={"recognisers": recognisers})
    result = run("check", "--config", str(config))
    assert result.exit_code == 1
    assert "detect.recognisers.0: ValueError: " in result.stderr
    assert "span_mode is 'token_level': Input should be 'markerV0'" in result.stderr
    assert (
        "detect.recognisers.1: ValueError: tests.detect.badges:Absent: AttributeError"
        in result.stderr
    )
