import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import gateway
from gateway.detect.base import Passage
from gateway.detect.engine.presidio import Engine, _revision_digest, build

BOTH = ("en", "ja")


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(BOTH)


def found(
    engine: Engine, text: str, languages: tuple[str, ...] = BOTH, key: str = ""
) -> list[tuple[str, str]]:
    ((*spans,),) = engine.detect([Passage(text=text, key=key, languages=languages)])
    return [(s.entity, text[s.start : s.end]) for s in spans]


def test_english(engine: Engine) -> None:
    text = (
        "My name is Kenji Tanaka, I live in Osaka. Mail me at kenji@example.com or 090-1234-5678."
    )
    assert found(engine, text) == [
        ("PERSON", "Kenji Tanaka"), ("LOCATION", "Osaka"),
        ("EMAIL_ADDRESS", "kenji@example.com"), ("PHONE_NUMBER", "090-1234-5678"),
    ]  # fmt: skip


def test_japanese(engine: Engine) -> None:
    text = "田中健二様のマイナンバーは1234 5678 9018、携帯番号は０９０－１２３４－５６７８です。"
    assert found(engine, text) == [
        ("PERSON", "田中健二"), ("JP_MY_NUMBER", "1234 5678 9018"), ("PHONE_NUMBER", "０９０－１２３４－５６７８"),
    ]  # fmt: skip


def test_both_in_one_text(engine: Engine) -> None:
    text = "担当は鈴木部長と John Smith です。"
    assert found(engine, text) == [("PERSON", "鈴木"), ("PERSON", "John Smith")]


def test_T09_a_name_with_invisible_or_wide_characters(engine: Engine) -> None:
    text = "My name is Ken\u200bji Ｔａｎａｋａ."
    assert found(engine, text) == [("PERSON", "Ken\u200bji Ｔａｎａｋａ")]


def test_without_languages_only_the_rules_run(engine: Engine) -> None:
    assert found(engine, "Kenji Tanaka, kenji@example.com", ()) == [
        ("EMAIL_ADDRESS", "kenji@example.com")
    ]


def test_the_key_is_context(engine: Engine) -> None:
    assert found(engine, "hunter2", key="password") == [("SECRET_PASSWORD", "hunter2")]


def test_dates_groups_and_organisations_are_left_alone(engine: Engine) -> None:
    assert found(engine, "On Monday 3 May 2021 three Buddhists paid 40 dollars.") == []


def test_many_passages_keep_their_order(engine: Engine) -> None:
    texts = ["no one", "My name is Kenji Tanaka."] * 35
    spans = engine.detect([Passage(text=text, languages=BOTH) for text in texts])
    assert [len(many) for many in spans] == [0, 1] * 35


@pytest.mark.parametrize("languages", [("en",), ("ja",)])
def test_one_language_alone(languages: tuple[str, ...]) -> None:
    engine = build(languages)
    assert engine.revision != build(BOTH).revision
    expected = {"en": [("PERSON", "Kenji Tanaka")], "ja": [("PERSON", "田中健二")]}
    assert found(engine, "My name is Kenji Tanaka.", languages) == (
        expected["en"] if "en" in languages else []
    )
    assert found(engine, "田中健二です", languages) == (expected["ja"] if "ja" in languages else [])


def test_the_revision_is_stable(engine: Engine) -> None:
    assert engine.revision == build(("ja", "en")).revision


@pytest.mark.parametrize(
    "file",
    [
        "detect/base.py", "detect/rules/rule.py", "detect/rules/ja/names.py", "detect/networks/encoder.py",
        "text/fold.py",
    ],
)  # fmt: skip
def test_the_revision_changes_with_any_source_file(file: str, tmp_path: Path) -> None:
    for folder in ("detect", "text"):
        shutil.copytree(Path(gateway.__path__[0]) / folder, tmp_path / folder)
    before = _revision_digest(BOTH, tmp_path).hexdigest()
    assert before == _revision_digest(BOTH).hexdigest()
    with (tmp_path / file).open("a") as source:
        source.write("# changed\n")
    assert _revision_digest(BOTH, tmp_path).hexdigest() != before


def test_the_gateway_process_does_not_load_the_models() -> None:
    script = (
        "import sys, gateway.detect.scan.scanner, gateway.detect.workers.pool, gateway.detect.workers.inprocess,"
        " gateway.detect.scan.segmenter; print({'spacy', 'presidio_analyzer', 'sudachipy'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
