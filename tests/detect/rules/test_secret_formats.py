"""Secrets: recall on generated ones, and false alarms in ordinary text."""

import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.presidio import Engine, build
from gateway.detect.rules.ruleset import apply_rules
from gateway.detect.rules.secret_formats import RULES
from tests.detect.ordinary_lines import lines
from tests.detect.secret_samples import FORMATS, passwords, tokens

FULL = bool(os.environ.get("SEKISHO_PROVE"))
COUNT = 20_000 if FULL else 1_000


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(("en", "ja"))


def _hidden(text: str, secret: str, spans: Iterator[tuple[int, int]]) -> bool:
    start = text.index(secret)
    covered = {i for a, b in spans for i in range(a, b)}
    return covered.issuperset(range(start, start + len(secret)))


def test_secrets_in_the_formats_of_their_issuers() -> None:
    missed = [
        template
        for template, secret, text in tokens(COUNT)
        if not _hidden(text, secret, ((s.start, s.end) for s in apply_rules(text) if s.entity.startswith("SECRET_")))
    ]  # fmt: skip
    assert len(missed) <= 0.02 * COUNT, missed


def test_secrets_after_a_keyword(engine: Engine) -> None:
    samples = list(passwords(COUNT))
    found = engine.detect([Passage(text=text) for _, _, text in samples])
    missed = [
        place
        for (place, secret, text), spans in zip(samples, found, strict=True)
        if not _hidden(text, secret, ((s.start, s.end) for s in spans))
    ]
    assert len(missed) <= 0.02 * COUNT, missed


def test_the_samples_cover_the_table() -> None:
    assert len(FORMATS) > 100
    assert len({rule.name for rule in RULES}) == len(RULES) > 100


def _source() -> Iterator[str]:
    """The standard library's own modules; its packages and tests too in the full run."""
    library = Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(library.glob("**/*.py" if FULL else "*.py")):
        if "site-packages" not in path.parts:
            yield path.read_text(encoding="utf-8", errors="replace")


def test_source_code_holds_no_secrets() -> None:
    count = alarms = 0
    for text in _source():
        count += text.count("\n")
        alarms += sum(s.entity.startswith("SECRET_") for s in apply_rules(text))
    assert count > 50_000
    assert alarms <= count / 5_000


def test_ordinary_lines_hold_no_vendors_secrets() -> None:
    alarms = [
        line
        for line in lines(10_000)
        for s in apply_rules(line)
        if s.entity in ("SECRET_API_KEY", "SECRET_URL", "SECRET_PRIVATE_KEY")
    ]
    assert len(alarms) <= 2
