from pathlib import Path

import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.custom import load
from gateway.detect.engine.presidio import build
from gateway.detect.workers.inprocess import InProcessDetector
from gateway.detect.workers.pool import ProcessDetector
from gateway.errors import DetectorUnavailable

YAML = """
recognizers:
  - name: badge
    supported_entity: BADGE
    context: [badge]
    patterns:
      - {regex: 'B-[0-9]{4}', score: 0.45}
"""


@pytest.fixture
def patterns(tmp_path: Path) -> Path:
    path = tmp_path / "badge.yaml"
    path.write_text(YAML)
    return path


@pytest.fixture
def terms(tmp_path: Path) -> Path:
    path = tmp_path / "customers.txt"
    path.write_text("# customers\nAcme Holdings\n\n隼商事\n", encoding="utf-8")
    return path


def found(specs: list[str], text: str) -> list[tuple[str, str, float]]:
    (spans,) = build(("en", "ja"), specs).detect([Passage(text=text, languages=("en", "ja"))])
    return [(s.entity, text[s.start : s.end], s.score) for s in spans]


def test_patterns_from_yaml_with_their_context(patterns: Path) -> None:
    specs = [f"yaml={patterns}"]
    assert found(specs, "my badge is Ｂ－1234") == [("BADGE", "Ｂ－1234", 0.8)]
    assert found(specs, "番号 B-1234") == [("BADGE", "B-1234", 0.45)]
    assert found([], "番号 B-1234") == []


def test_terms_from_a_dictionary_in_both_languages(terms: Path) -> None:
    specs = [f"dictionary=CUSTOMER={terms}"]
    assert found(specs, "for acme  holdings.") == [("CUSTOMER", "acme  holdings", 0.95)]
    assert found(specs, "隼商事の件") == [("CUSTOMER", "隼商事", 0.95)]


def test_a_class_of_the_users() -> None:
    specs = ["python=tests.detect.badges:Badges"]
    assert found(specs, "see B-1234 and B-1235") == [("BADGE", "B-1234", 0.9)]


def test_the_revision_changes_with_what_a_file_holds(patterns: Path) -> None:
    specs = [f"yaml={patterns}"]
    before = build(("en",), specs).revision
    assert before != build(("en",)).revision
    patterns.write_text(YAML.replace("0.45", "0.5"))
    assert build(("en",), specs).revision != before


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("B-[0-9]{4}", "B-["), "unterminated"),
        (("score: 0.45", "score: 2"), "less than or equal"),
        (("supported_entity: BADGE\n", ""), "Field required"),
        (("context:", "contexts:"), "Extra inputs"),
        (("recognizers:", "recognizers: ["), "yaml"),
    ],
)
def test_a_faulty_file_is_refused_with_its_reason(
    patterns: Path, change: tuple[str, str], fault: str
) -> None:
    patterns.write_text(YAML.replace(*change))
    with pytest.raises(ValueError, match=rf"badge\.yaml.*({fault}|Error)"):
        load(["en"], [f"yaml={patterns}"])


@pytest.mark.parametrize(
    "spec",
    ["yaml=/no/such", "dictionary=X=/no/such", "python=no.such:Class", "python=json:loads", "python=tests.detect.badges:None_"],
)  # fmt: skip
async def test_what_can_not_be_loaded_refuses_the_start(spec: str) -> None:
    detector = InProcessDetector(("en",), specs=[spec])
    with pytest.raises(DetectorUnavailable, match="did not start"):
        await detector.start()
    await detector.close()


async def test_T01_a_recogniser_that_raises_refuses_the_request() -> None:
    detector = ProcessDetector(("en",), processes=1, specs=["python=tests.detect.badges:Broken"])
    await detector.start()
    try:
        with pytest.raises(DetectorUnavailable) as refused:
            await detector.detect([Passage(text="text", languages=("en",))], deadline=5.0)
        assert "text" not in str(refused.value.args)
    finally:
        await detector.close()
