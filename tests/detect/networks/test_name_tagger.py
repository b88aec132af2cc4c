import hashlib

import numpy as np
import pytest
import spacy
from spacy.language import Language

from gateway.detect.engine.nlp import MODEL
from gateway.detect.networks.encoder import Tokens
from gateway.detect.networks.name_tagger import WEIGHTS, NameTagger, _joined

MOST_BYTES = 20_000_000


@pytest.fixture(scope="module")
def english() -> Language:
    left_out = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter", "ner"]
    return spacy.load(MODEL, exclude=left_out)


@pytest.fixture(scope="module")
def tagger() -> NameTagger:
    return NameTagger()


def found(tagger: NameTagger, english: Language, text: str) -> list[tuple[str, str]]:
    doc = english.make_doc(text)
    return [(kind, doc[a:b].text) for a, b, kind in tagger.entities(Tokens([doc]))[0]]


def test_people_and_places(tagger: NameTagger, english: Language) -> None:
    text = "Please send the parcel to Zsófia Kiss-Nagy, 12 Petőfi utca, Debrecen, Hungary."
    kinds = dict(found(tagger, english, text))
    assert set(kinds) == {"PERSON", "LOCATION"}
    assert kinds["PERSON"] == "Zsófia Kiss-Nagy"


def test_names_in_lower_case(tagger: NameTagger, english: Language) -> None:
    assert ("PERSON", "akiko tanaka") in found(tagger, english, "my name is akiko tanaka")


@pytest.mark.parametrize(
    "text",
    ["How do I reset my password?", "Open Settings and choose Privacy.", "   \n ", "x = y + 1"],
)
def test_ordinary_text(tagger: NameTagger, english: Language, text: str) -> None:
    assert found(tagger, english, text) == []


def test_a_higher_recall_bias_finds_no_less(english: Language) -> None:
    doc = english.make_doc("Rubija wrote that Calquín is in Tallinn with the others")
    tokens = Tokens([doc])
    few, many = (NameTagger(recall_bias=c).entities(tokens)[0] for c in (-4.0, 4.0))
    assert sum(b - a for a, b, _ in few) <= sum(b - a for a, b, _ in many)


def test_texts_do_not_run_into_each_other(tagger: NameTagger, english: Language) -> None:
    texts = ["I met Akiko Tanaka", "Kenji Sato called"]
    docs = [english.make_doc(text) for text in texts]
    alone = [tagger.entities(Tokens([doc]))[0] for doc in docs]
    assert tagger.entities(Tokens(docs)) == alone


@pytest.mark.parametrize(
    ("tags", "spaces", "expected"),
    [
        (["O", "B-X", "I-X", "O"], [0, 0, 0, 0], [(1, 3, "X")]),
        (["B-X", "B-X"], [0, 0], [(0, 1, "X"), (1, 2, "X")]),
        (["I-X", "I-Y"], [0, 0], [(0, 1, "X"), (1, 2, "Y")]),
        (["B-X", "O", "I-X"], [0, 1, 0], [(0, 3, "X")]),
        (["B-X", "O"], [0, 1], [(0, 1, "X")]),
    ],
)
def test_runs_of_tags(
    tags: list[str], spaces: list[int], expected: list[tuple[int, int, str]]
) -> None:
    assert list(_joined(tags, [bool(space) for space in spaces])) == expected


def test_the_weights_are_small_and_hold_no_objects() -> None:
    assert WEIGHTS.stat().st_size < MOST_BYTES
    digest = hashlib.sha256(WEIGHTS.read_bytes()).hexdigest()
    assert digest in (WEIGHTS.parent / "README.md").read_text(encoding="utf-8")
    with np.load(WEIGHTS, allow_pickle=False) as kept:
        assert kept["labels"].tolist()[0] == "O"
