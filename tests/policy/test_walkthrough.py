"""The walk-through of the page on policies, run as it is written: files written, edits made, commands run."""

import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parts.commands import run
from tests.parts.opa import ROOT

_PART = (ROOT / "docs" / "policies.md").read_text().partition("## Walk-through")[2]
_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks() -> Iterator[tuple[str, str, str]]:
    part = re.split(r"^## ", _PART, flags=re.MULTILINE)[0]
    yield from ((match[1], match[2] or "", match[3]) for match in _BLOCK.finditer(part))


def test_the_walk_through_does_what_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    monkeypatch.chdir(tmp_path)
    done = [_carry_out(kind, name, text) for kind, name, text in blocks()]
    assert done.count("console") >= 7
    assert {"rego", "yaml", "diff"} <= set(done)


def _carry_out(kind: str, name: str, text: str) -> str:
    assert not name.endswith(".py")
    if kind == "console":
        _commands(text)
    elif kind == "diff":
        _edit(Path(name), text)
    else:
        Path(name).write_text(text)
    return kind


def _commands(text: str) -> None:
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, expected = part.partition("\n")
        output = _output(shlex.split(command))
        for line in expected.splitlines():
            pattern = ".*".join(map(re.escape, line.split("…")))
            assert re.search(pattern, output), f"{command}: expected {line!r} in:\n{output}"


def _output(command: list[str]) -> str:
    if command[:2] == ["cp", "-r"]:
        shutil.copytree(command[2], command[3])
        return ""
    assert command[0] == "sekisho"
    return run(*command[1:]).output


def _edit(path: Path, text: str) -> None:
    """Replace the lines that are kept or taken out by those that are kept or put in."""
    lines = text.splitlines()
    before = "\n".join(line[1:] for line in lines if line[0] in " -")
    after = "\n".join(line[1:] for line in lines if line[0] in " +")
    content = path.read_text()
    assert content.count(before) == 1, f"{path}: {before!r}"
    path.write_text(content.replace(before, after))
