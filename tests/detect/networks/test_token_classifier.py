"""Networks for token classification: one finding for one name."""

from pathlib import Path

import pytest

from gateway.detect.networks.token_classifier import TokenClassifier
from tests.detect.onnx_networks import network

WORDS = {"Xoan": "B-PER", "Quil": "I-PER", "Zuba": "B-LOC", "Brim": "B-ORG", "plain": "PER"}
LABELS = {"PER": "PERSON", "LOC": "LOCATION"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return network(tmp_path / "net", WORDS)


def found(folder: Path, text: str, labels: dict[str, str] = LABELS) -> list[tuple[str, str]]:
    results = TokenClassifier(folder, labels).find(text)
    return sorted({(r.entity_type, text[r.start : r.end]) for r in results})


def test_names_are_found_whole_and_unmapped_labels_are_ignored(folder: Path) -> None:
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


def test_networks_with_token_types_get_them(tmp_path: Path) -> None:
    assert found(network(tmp_path / "net", WORDS, types=True), "Zuba") == [("LOCATION", "Zuba")]


def test_empty_text_holds_nothing(folder: Path) -> None:
    assert found(folder, "") == []


@pytest.mark.parametrize("affinity", [float("nan"), float("inf")])
def test_scores_that_are_not_numbers_are_an_error(tmp_path: Path, affinity: float) -> None:
    broken = TokenClassifier(network(tmp_path / "net", WORDS, affinity=affinity), LABELS)
    with pytest.raises(ValueError, match="logits are not"):
        broken.find("so Xoan said")


def test_a_network_that_knows_none_of_the_labels_is_refused(folder: Path) -> None:
    with pytest.raises(ValueError, match="is mapped to an entity"):
        TokenClassifier(folder, {"PERS": "PERSON"})
