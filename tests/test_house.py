"""The layout and the words: what a newcomer meets first is held by tests."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = ROOT / "gateway"
MOST_FILES = 16
SHORTEST = 30
FACES = frozenset({"__init__.py", "__main__.py"})
VENDORS = ("anthropic", "ollama", "openai", "responses")
TIME_OUT = re.compile(r"(?i)(seconds|time_?out|backoff|delay|interval|lifetime)s?$|_ms$")
HELD_BY_USERS = {
    ("audit/entry.py", "invented"),
    ("audit/canonical.py", "invented"),
    ("telemetry/logs.py", "invented"),
    ("telemetry/metrics.py", "invented"),
    ("cli/models/records.py", "shown"),
    ("detect/rules/labelled.py", "shown"),
    ("detect/rules/ja/tokenizer.py", "speech"),
}
"""The spelling of an audit field, a log field, a metric, an option, a detector's name, and SudachiPy's part of speech."""
DATA = {"text/occurrences.py"}
"""Holds a list of English words."""


def _sources() -> list[Path]:
    return sorted(path for path in GATEWAY.rglob("*.py") if "__pycache__" not in path.parts)


def _name(path: Path) -> str:
    return path.relative_to(GATEWAY).as_posix()


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _rows() -> list[list[str]]:
    """The rows of the glossary in CONTRIBUTING.md, as their cells."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Words")[2]
    rows = [line.strip("|").split("|") for line in page.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def _banned() -> list[str]:
    return [word for row in _rows() for word in re.findall(r"`([^`]+)`", row[0])]


def _pattern(word: str) -> re.Pattern[str]:
    """The word and its plural; a capital letter means the name of a class, and that alone."""
    flags = re.NOFLAG if word[0].isupper() else re.IGNORECASE
    return re.compile(rf"(?<![A-Za-z]){re.escape(word)}s?(?![A-Za-z])", flags)


def test_a_folder_has_at_most_sixteen_source_files() -> None:
    folders = Counter(path.parent for path in _sources() if path.name not in FACES)
    assert {_name(folder): n for folder, n in folders.items() if n > MOST_FILES} == {}


def test_no_source_file_is_a_scrap() -> None:
    short = {_name(path): _lines(path) for path in _sources() if path.name not in FACES}
    assert {name: lines for name, lines in short.items() if lines < SHORTEST} == {}


def test_vendors_share_the_core_and_never_each_other() -> None:
    sideways = [
        f"{_name(path)}: {module}"
        for path in _sources()
        if (vendor := path.parent.name) in VENDORS and path.parent.parent.name == "dialects"
        for module in _imported(path)
        if any(module.startswith(f"gateway.dialects.{other}") for other in {*VENDORS} - {vendor})
    ]
    assert sideways == []


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_fixed_time_outs_are_in_one_place() -> None:
    private = [
        f"{_name(path)}: {name}"
        for path in _sources()
        if path.name != "timeouts.py"
        for name, value in _constants(path)
        if TIME_OUT.search(name) and _is_number(value)
    ]
    assert private == []


def _constants(path: Path) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node.value
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            yield node.target.id, node.value


def _is_number(value: ast.expr) -> bool:
    """Whether an expression is made of numbers alone."""
    names = (ast.Name, ast.Attribute, ast.Call)
    constants = [part.value for part in ast.walk(value) if isinstance(part, ast.Constant)]
    return bool(constants) and not any(
        isinstance(part, names)
        or (isinstance(part, ast.Constant) and not isinstance(part.value, int | float))
        for part in ast.walk(value)
    )


def test_the_glossary_has_thirty_words() -> None:
    rows = _rows()
    assert len(rows) == 30
    assert all(len(row) == 3 and row[1] for row in rows)


@pytest.mark.parametrize("word", _banned())
def test_the_code_uses_the_words_of_the_field(word: str) -> None:
    pattern = _pattern(word)
    found = [
        f"{_name(path)}:{number}: {line.strip()}"
        for path in _sources()
        if (_name(path), word) not in HELD_BY_USERS and _name(path) not in DATA
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert found == []
