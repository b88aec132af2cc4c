"""What is taken for text, and that nothing is read but packages and Python's own library."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.tools.names.environment import ROOT, needs_models, python
from tools.names.sources import paragraphs

GATHER = """
import json, sys, sysconfig
from tools.names.sources import gather
opened = []
sys.addaudithook(lambda event, given: opened.append(str(given[0])) if event == "open" else None)
texts = gather()
own = [sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")]
print(json.dumps({"opened": opened, "own": own, "texts": texts}))
"""


@pytest.fixture(scope="module")
def gathered() -> Any:
    return orjson.loads(python("-c", GATHER))


def test_paragraphs_of_prose_are_kept_apart() -> None:
    text = "The first paragraph,\nof two lines.\n\n\nAnother paragraph.\n"
    assert list(paragraphs(text)) == ["The first paragraph,\nof two lines.", "Another paragraph."]


@pytest.mark.parametrize(
    "text",
    [
        ">>> print('some code')",
        "    indented = as_code_is(1)",
        "$ pip install something",
        "| a table | of cells |",
        "```python\nfenced = True\n```",
        "<p>Some <b>HTML</b> here</p>",
        "too short",
        "word " * 200,
        "日本語の文章がここにあります。",
        "Написано кириллицей, не латиницей.",
        "",
    ],
)
def test_what_is_not_text_in_latin_script_is_left_out(text: str) -> None:
    assert list(paragraphs(text)) == []


@needs_models
def test_nothing_is_read_but_packages_and_the_library(gathered: Any) -> None:
    own = [Path(place) for place in gathered["own"]]
    opened = [path for path in map(Path, gathered["opened"]) if path.is_file()]
    assert any("chatterbot_corpus" in path.parts for path in opened)
    assert [path for path in opened if not any(path.is_relative_to(o) for o in own)] == []
    assert [path for path in opened if path.is_relative_to(ROOT / "tests")] == []


@needs_models
def test_every_source_gives_texts_and_each_is_there_once(gathered: Any) -> None:
    texts = [text for text, _ in gathered["texts"]]
    technical = [text for text, technical in gathered["texts"] if technical]
    assert gathered["texts"] == sorted(gathered["texts"])
    assert len(texts) > 5000
    assert len(texts) - len(technical) > 7000
    assert "My printer is not printing." in technical
    assert any("generates fake data" in text for text in technical)
    assert any("immutable sequences" in text for text in technical)
