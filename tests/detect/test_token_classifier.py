"""Networks that users bring: read from a directory, run by ONNX Runtime, one finding for one name."""

from pathlib import Path

import pytest
from onnxruntime.capi.onnxruntime_pybind11_state import InvalidProtobuf

from gateway.detect.base import Passage
from gateway.detect.custom import load
from gateway.detect.engine import build
from gateway.detect.token_classifier import TokenClassifier
from gateway.types import Json
from tests.detect.networks import network

WORDS = {"Xoan": "B-PER", "Quil": "I-PER", "Zuba": "B-LOC", "Brim": "B-ORG", "plain": "PER"}
LABELS = {"PER": "PERSON", "LOC": "LOCATION"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return network(tmp_path / "net", WORDS)


def found(folder: Path, text: str, labels: dict[str, str] = LABELS) -> list[tuple[str, str]]:
    artifacts: Json = None
    results = TokenClassifier(folder, labels, "en").analyze(text, [], artifacts)
    return sorted({(r.entity_type, text[r.start : r.end]) for r in results})


def test_names_are_found_whole_and_labels_that_nobody_named_are_left_out(folder: Path) -> None:
    assert found(folder, "so Xoan Quil met Brim at Zuba") == [
        ("LOCATION", "Zuba"),
        ("PERSON", "Xoan Quil"),
    ]


def test_two_names_side_by_side_are_two(folder: Path) -> None:
    assert found(folder, "Xoan Xoan Quil") == [("PERSON", "Xoan"), ("PERSON", "Xoan Quil")]


def test_labels_without_a_scheme_are_taken_as_they_are(folder: Path) -> None:
    assert found(folder, "a plain one") == [("PERSON", "plain")]


def test_text_longer_than_the_network_reads_is_read_in_windows(tmp_path: Path) -> None:
    folder = network(tmp_path / "net", WORDS, most=16)
    for before in range(40):
        text = "word " * before + "Xoan Quil" + " word" * 30
        assert ("PERSON", "Xoan Quil") in found(folder, text), before


def test_networks_with_token_types_are_fed_them(tmp_path: Path) -> None:
    assert found(network(tmp_path / "net", WORDS, types=True), "Zuba") == [("LOCATION", "Zuba")]


def test_empty_text_holds_nothing(folder: Path) -> None:
    assert found(folder, "") == []


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.onnx"])
def test_T60_a_directory_that_lacks_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ValueError, match="net"):
        load([f"onnx=PER:PERSON={folder}"], ["en"])


def test_a_network_that_knows_none_of_the_labels_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="none is named"):
        TokenClassifier(folder, {"PERS": "PERSON"}, "en")


def test_T48_a_broken_network_is_refused_and_never_passed_over(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"\0" * 64)
    with pytest.raises(InvalidProtobuf, match="net"):
        load([f"onnx=PER:PERSON={folder}"], ["en"])


def test_the_engine_runs_it_beside_its_own_and_its_revision_is_of_the_files(folder: Path) -> None:
    spec = f"onnx=PER:PERSON,LOC:LOCATION={folder}"
    engine = build(("en", "ja"), [spec])
    text = "then Xoan went; mail a@b.example"
    (spans,) = engine.detect([Passage(text=text, languages=("en", "ja"))])
    assert {("PERSON", "Xoan"), ("EMAIL_ADDRESS", "a@b.example")} <= {
        (s.entity, text[s.start : s.end]) for s in spans
    }
    (folder / "config.json").write_bytes((folder / "config.json").read_bytes() + b" ")
    assert build(("en", "ja"), [spec]).revision != engine.revision
