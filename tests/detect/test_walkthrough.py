"""Runs every example of "Your own recognisers and lists" in docs/detection.md."""

import re
import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from gateway.detect.base import Passage, Span
from gateway.detect.engine.presidio import build
from gateway.detect.scan.lists import DetectionLists
from gateway.policy.compile.bundle import load
from gateway.settings.detection import Detect
from gateway.types import Segment

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/detection.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
ROWS = re.findall(r"^\| (.+) \| `([A-Z_]+)`: (.+) \|$", PAGE, re.MULTILINE)
REPORT = "Read the Kyoto Report for Hayabusa Trading."


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page."""
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    for name, content in BLOCKS.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


def test_the_page_has_its_files_and_examples() -> None:
    assert {"recognisers/badge.yaml", "acme_recognisers.py", "sekisho.yaml"} <= BLOCKS.keys()
    assert len(ROWS) == 5


def test_custom_recognisers_find_what_the_page_says(folder: Path) -> None:
    section = yaml.safe_load((folder / "sekisho.yaml").read_text(encoding="utf-8"))["detect"]
    settings = Detect.model_validate(section)
    engine = build(settings.languages, settings.specs())
    for text, entity, value in ROWS:
        (spans,) = engine.detect([Passage(text=text, languages=settings.languages)])
        assert (entity, value) in [(s.entity, text[s.start : s.end]) for s in spans]


def test_a_false_alarm_goes_through_its_list(folder: Path) -> None:
    assert _found(folder) == (
        [("PERSON", "Kyoto Report"), ("CUSTOMER", "Hayabusa Trading")],
        "shadow",
    )
    path = folder / "policies/data/detection.yaml"
    path.write_text(path.read_text().replace("mode: shadow", "mode: enforce"))
    assert _found(folder) == ([("CUSTOMER", "Hayabusa Trading")], "enforce")


def _found(folder: Path) -> tuple[list[tuple[str, str]], str]:
    """The findings under the folder's policies, and the mode of the allowed value's match."""
    modes: list[str] = []
    lists = DetectionLists(
        load(folder / "policies").data["detection"],
        on_match=lambda which, _, mode: modes.append(mode) if which == "allow" else None,
        today=lambda: date(2026, 1, 1),
    )
    at = REPORT.index("Kyoto")
    end = at + len("Kyoto Report")
    alarm = Span(start=at, end=end, entity="PERSON", score=0.8, detector="ner")
    segment = Segment(path=("messages", 0, "content"), origin="user", text=REPORT)
    (spans,) = lists.apply([segment], [(alarm,)], "acme", "billing")
    return [(s.entity, REPORT[s.start : s.end]) for s in spans], modes[0]
