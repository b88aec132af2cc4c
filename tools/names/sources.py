"""Public English text: what the packages that ``make models`` installs say, and Python's own library.

Nothing else is read, so that the lock says what the network learns from. No labelled text is among it.
"""

import ast
import re
import sysconfig
from collections.abc import Iterator
from importlib.metadata import distribution, distributions
from pathlib import Path
from pydoc_data.topics import topics
from typing import Final, NamedTuple

import yaml

_TECHNICAL_TALK: Final = ("ai", "botprofile", "coding", "computers", "tech_support")
_SHORTEST: Final = 12
_LONGEST: Final = 600
_CODE: Final = re.compile(
    r"^( {3}|\t| *\$ |>>>|```|[|+=*#~-]{3}|\||\.\. )|`{3}|</?\w+", re.MULTILINE
)
_LATIN: Final = re.compile(r"[\x00-ɏ‐-…€™]*")


class Public(NamedTuple):
    """A text, and whether it is technical: names of programs look like names of people there."""

    text: str
    technical: bool


def gather() -> list[Public]:
    """Each different text once, in an order that depends on the texts alone."""
    prose = (_conversations(technical=False), _facts())
    found = {Public(text, technical=False) for source in prose for text in source}
    technical = (_conversations(technical=True), _topics(), _docstrings(), _descriptions())
    found |= {Public(text, technical=True) for source in technical for text in source}
    return sorted(found)


def paragraphs(text: str) -> Iterator[str]:
    """The parts between blank lines that are text, neither code nor tables, in Latin script."""
    for part in re.split(r"\n\s*\n", text):
        stripped = part.strip("\n").rstrip()
        if (
            _SHORTEST <= len(stripped) <= _LONGEST
            and not _CODE.search(stripped)
            and _LATIN.fullmatch(stripped)
        ):
            yield stripped


def _conversations(*, technical: bool) -> Iterator[str]:
    """The chatterbot corpus (BSD licence)."""
    package = distribution("chatterbot-corpus")
    for path in sorted(Path(str(package.locate_file("chatterbot_corpus/data/english"))).iterdir()):
        if (path.stem in _TECHNICAL_TALK) == technical:
            talks = yaml.safe_load(path.read_text(encoding="utf-8"))["conversations"]
            for turn in (str(turn) for talk in talks for turn in talk):
                yield from paragraphs(turn)


def _facts() -> Iterator[str]:
    """Facts of all kinds, one a line, of the package randfacts (MIT)."""
    path = Path(str(distribution("randfacts").locate_file("randfacts/safe.txt")))
    for line in path.read_text(encoding="utf-8").splitlines():
        yield from paragraphs(line)


def _topics() -> Iterator[str]:
    """The language reference, as ``help()`` shows it (PSF-2.0): three spaces before every line."""
    for topic in topics.values():
        yield from paragraphs(re.sub(r"^ {3}(?=\S)", "", topic, flags=re.MULTILINE))


def _docstrings() -> Iterator[str]:
    """What the modules of Python's own library say of themselves (PSF-2.0)."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield from paragraphs(ast.get_docstring(node) or "")


def _descriptions() -> Iterator[str]:
    """The pages that the installed packages have in the index, each under its package's licence."""
    for package in distributions(path=[sysconfig.get_path("purelib")]):
        yield from paragraphs(str(package.metadata.json.get("description", "")))
