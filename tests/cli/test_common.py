"""Faults are reported the same way by every command."""

from pathlib import Path

import orjson
import pytest
import typer

from gateway.cli.common import exit_with, load_or_exit, print_json, reason
from gateway.errors import ConfigError


def test_faults_go_to_standard_error_one_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught:
        exit_with(ConfigError(["a: x", "b: y"]))
    assert caught.value.exit_code == 1
    assert capsys.readouterr().err == "a: x\nb: y\n"


def test_or_as_data_on_standard_output(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(typer.Exit):
        load_or_exit(tmp_path / "missing.yaml", as_json=True)
    document = orjson.loads(capsys.readouterr().out)
    assert document["ok"] is False
    assert len(document["faults"]) == 1


def test_json_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"名": [1, None]})
    assert orjson.loads(capsys.readouterr().out) == {"名": [1, None]}


def test_an_error_of_the_system_is_its_file_and_reason() -> None:
    assert reason(FileNotFoundError(2, "No such file or directory", "a.txt")) == (
        "a.txt: No such file or directory"
    )
    assert reason(ValueError("line 3")) == "line 3"
