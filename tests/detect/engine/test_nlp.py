import pytest

from gateway.detect.engine.nlp import Artifacts, NamedEntity, NameNlpEngine


@pytest.fixture(scope="module")
def engine() -> NameNlpEngine:
    engine = NameNlpEngine(["en", "ja"])
    assert not engine.is_loaded()
    engine.load()
    assert engine.is_loaded()
    return engine


def names(engine: NameNlpEngine, text: str) -> list[tuple[str, str]]:
    return [(n.label, text[n.start : n.end]) for n in engine.find_names([text])[0]]


def test_only_the_tokenizer_of_spacy_is_loaded(engine: NameNlpEngine) -> None:
    assert engine._tokenizer is not None
    assert engine._tokenizer.pipe_names == []


def test_people_and_places_and_nothing_else(engine: NameNlpEngine) -> None:
    text = "Kenji Tanaka lives in Osaka since 1999 and paid Google $500 on Monday."
    assert names(engine, text) == [("PERSON", "Kenji Tanaka"), ("LOCATION", "Osaka")]


def test_of_japanese_text_the_latin_runs_are_read(engine: NameNlpEngine) -> None:
    text = "本件は John Smith lives in Paris と、ABC-123 です。"
    assert names(engine, text) == [("PERSON", "John Smith"), ("LOCATION", "Paris")]


@pytest.mark.parametrize(
    ("text", "unwanted"),
    [
        ("Ask John Smith's mother", "'s"),
        ("Dear John Smith,\nParis", "\n"),
        ("[PERSON_k7f3q2ab] met Bob Smith", "PERSON"),
    ],
)
def test_names_have_no_text_around_them(engine: NameNlpEngine, text: str, unwanted: str) -> None:
    found = names(engine, text)
    assert found
    assert not [value for _, value in found if unwanted in value]


def test_long_texts_are_read_in_windows_with_offsets_kept(engine: NameNlpEngine) -> None:
    text = "We talked about the budget. " * 1500 + "Kenji Tanaka lives in Osaka."
    assert names(engine, text)[-2:] == [("PERSON", "Kenji Tanaka"), ("LOCATION", "Osaka")]


def test_presidios_interface_gives_the_same_names(engine: NameNlpEngine) -> None:
    text = "Kenji Tanaka lives in Osaka."
    ((given, artifacts),) = engine.process_batch([text], "en")
    alone = engine.process_text(text, "en")
    assert given == text
    assert isinstance(artifacts, Artifacts)
    assert isinstance(alone, Artifacts)
    assert (
        artifacts.named
        == alone.named
        == (NamedEntity(0, 12, "PERSON"), NamedEntity(22, 27, "LOCATION"))
    )
    assert engine.get_supported_entities() == ["LOCATION", "PERSON"]
    assert engine.get_supported_languages() == ["en", "ja"]
    assert engine.is_punct("--", "en")
    assert not engine.is_stopword("the", "en")


def test_without_english_no_model_is_loaded() -> None:
    engine = NameNlpEngine(["ja"])
    assert engine.is_loaded()
    engine.load()
    assert engine.find_names(["Kenji Tanaka lives in Osaka."]) == [[]]
