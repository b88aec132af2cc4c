import pytest
import spacy
from spacy.language import Language

from gateway.detect.engine.nlp import MODEL
from gateway.detect.networks.encoder import Entity, Tokens
from gateway.detect.networks.spacy_network import SpacyNetwork

TEXTS = (
    "Kenji Tanaka lives in Osaka since 1999 and paid Google $500 on Monday.",
    "Kenji",
    "\n\n",
    "Dear Ms. Smith-Jones,\n\nthe Bank of England wrote to 12 Elm Street, Springfield, IL 62704.\n\n",
    "The United Nations met in New York",
    "three Buddhists saw the second episode of Star Trek in the Eiffel Tower at 9 pm",
    "名前 and Zoë Ångström met Łukasz in Kraków 🙂 @handle http://example.com #tag",
    "x " * 300 + "Angela Merkel visited the United States of America",
    "JOHN SMITH LIVES IN PARIS. john smith lives in paris.",
    "def main(self): return {'Name': \"Anna\"}",
)


@pytest.fixture(scope="module")
def pipeline() -> Language:
    left_out = ["tok2vec", "tagger", "parser", "attribute_ruler", "lemmatizer", "senter"]
    return spacy.load(MODEL, exclude=left_out)


@pytest.fixture(scope="module")
def network(pipeline: Language) -> SpacyNetwork:
    return SpacyNetwork(pipeline)


def spacys(pipeline: Language, text: str) -> list[Entity]:
    return [(entity.start, entity.end, entity.label_) for entity in pipeline(text).ents]


@pytest.mark.parametrize("text", TEXTS)
def test_the_entities_are_spacys(pipeline: Language, network: SpacyNetwork, text: str) -> None:
    assert network.entities(Tokens([pipeline.make_doc(text)])) == [spacys(pipeline, text)]


def test_batches_give_the_same_entities(pipeline: Language, network: SpacyNetwork) -> None:
    tokens = Tokens([pipeline.make_doc(text) for text in TEXTS])
    found = network.entities(tokens)
    assert found == [spacys(pipeline, text) for text in TEXTS]
    assert sum(map(len, found)) > 20


def test_another_architecture_is_refused(
    pipeline: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.detect.networks.spacy_network.ATTRIBUTES", ("NORM", "SHAPE"))
    with pytest.raises(ValueError, match="reads"):
        SpacyNetwork(pipeline)
