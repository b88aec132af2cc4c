"""``sekisho keys ring``: rings are private, never overwritten, and rotate without losing a key."""

from pathlib import Path

import orjson
import pytest
from typer.testing import CliRunner, Result

from gateway.cli.keys.ring import app
from gateway.keys import read_public, read_ring


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "ring.json"
    assert run("new", str(path)).exit_code == 0
    return path


def test_a_new_ring_is_private_and_alone(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    assert read_ring(path).active_id
    assert [file.name for file in path.parent.iterdir()] == ["ring.json"]


def test_a_ring_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    result = run("new", str(path))
    assert result.exit_code == 2
    assert "keys ring rotate" in result.stderr
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["ring.json"]


def test_a_ring_in_a_missing_folder_cannot_be_written(tmp_path: Path) -> None:
    result = run("new", str(tmp_path / "absent" / "ring.json"))
    assert result.exit_code == 2
    assert "can't be written: No such file or directory" in result.stderr


def test_rotation_keeps_the_old_key_and_the_mode(path: Path) -> None:
    before = read_ring(path)
    assert run("rotate", str(path)).exit_code == 0
    after = read_ring(path)
    assert after.active_id != before.active_id
    assert set(after.verifiers()) == {after.active_id, before.active_id}
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["ring.json"]


def test_rotation_needs_a_ring(tmp_path: Path) -> None:
    result = run("rotate", str(tmp_path / "absent"))
    assert result.exit_code == 1
    assert "can't be read" in result.stderr


def test_public_keys_are_printed_and_no_others(path: Path) -> None:
    result = run("public", str(path))
    assert set(read_public(result.stdout)) == {read_ring(path).active_id}
    for row in orjson.loads(path.read_bytes())["keys"]:
        assert row["root"] not in result.stdout
        assert row["signing"] not in result.stdout


def test_the_ring_commands_print_json(path: Path, tmp_path: Path) -> None:
    made = orjson.loads(run("new", str(tmp_path / "other.json"), "--json").stdout)
    assert made["keys"] == [made["active"]]
    rotated = orjson.loads(run("rotate", str(path), "--json").stdout)
    assert rotated["keys"][0] == rotated["active"]
    public = orjson.loads(run("public", str(path), "--json").stdout)
    assert public["keys"].keys() == read_public(public["pem"]).keys() == set(rotated["keys"])
