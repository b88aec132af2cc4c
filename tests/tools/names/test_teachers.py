"""Whose word counts: in prose either teacher's, in technical text spaCy's where Rampart agrees."""

import orjson
import pytest
from presidio_analyzer import RecognizerResult
from spacy.tokens import Doc

from tests.tools.names.environment import needs_models, python
from tools.names.english import english
from tools.names.teachers import _by_word, either, spans, where_agreed

P, L, O = "PERSON", "LOCATION", ""  # noqa: E741  # as in the tables of the labels

LABEL = """
import json
from tools.names.sources import Public
from tools.names.teachers import Teachers
teachers = Teachers()
text = "My name is Maria Garcia, I live in Chicago and work for Microsoft."
for technical in (False, True):
    found = teachers.label(Public(text, technical))
    print(json.dumps([[text[start:end], label] for start, end, label in found]))
"""


@pytest.fixture(scope="module")
def doc() -> Doc:
    return english().make_doc("Ask Ana  Lima in Oslo")


def test_in_prose_either_counts_and_spacy_where_they_differ() -> None:
    assert either([O, P, O, L], [P, L, O, O]) == [P, P, O, L]


def test_in_technical_text_a_name_counts_whole_where_rampart_agrees_on_a_word() -> None:
    assert where_agreed([O, P, P, O, L], [O, O, P, P, P]) == [O, P, P, O, O]


def test_rampart_does_not_vouch_for_organisations() -> None:
    assert where_agreed(["ORG", "ORG"], [P, O]) == [O, O]


def test_spans_have_no_white_space_at_their_ends(doc: Doc) -> None:
    assert [token.text for token in doc] == ["Ask", "Ana", " ", "Lima", "in", "Oslo"]
    assert spans(doc, [O, P, P, P, O, L]) == [(4, 13, P), (17, 21, L)]
    assert spans(doc, [O, P, P, O, O, O]) == [(4, 7, P)]
    assert spans(doc, [O, O, P, O, O, O]) == []


@pytest.mark.parametrize(("end", "label"), [(18, O), (19, O), (20, L), (21, L)])
def test_a_word_has_the_label_of_most_of_its_characters(doc: Doc, end: int, label: str) -> None:
    assert _by_word(doc, [RecognizerResult(L, 17, end, 0.9)])[-1] == label


@needs_models
def test_both_teachers_label_a_text() -> None:
    prose, technical = map(orjson.loads, python("-c", LABEL).splitlines())
    assert prose == [["Maria Garcia", P], ["Chicago", L], ["Microsoft", "ORG"]]
    assert technical == [["Maria Garcia", P]]
