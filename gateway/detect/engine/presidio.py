"""The detectors of one process: Presidio's analyzer with our own engine and recognisers.

Imported by detector processes alone; it loads the models.
"""

import hashlib
import logging
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

from presidio_analyzer import EntityRecognizer, RecognizerRegistry, RecognizerResult

from gateway.detect.base import Passage, Span
from gateway.detect.engine import custom
from gateway.detect.engine.decoded_passages import ExpandedPassages
from gateway.detect.engine.nlp import MODEL, Artifacts, NameNlpEngine
from gateway.detect.engine.recognizers import (
    Analyzer,
    ContextWordEnhancer,
    LabelledRecognizer,
    NerRecognizer,
    RulesRecognizer,
)
from gateway.detect.networks.name_tagger import WEIGHTS
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules.en.addresses import AddressRecognizer
from gateway.detect.rules.en.names import AnnouncedNameRecognizer
from gateway.detect.rules.ja.names import JapaneseNameRecognizer
from gateway.detect.rules.optional import OptionalRecognizer
from gateway.detect.rules.patterns import tier0, to_original_offsets
from gateway.detect.windows import JAPANESE
from gateway.text.fold import Folded

_THRESHOLD: Final = 0.4
_OPTIONAL: Final = "optional="
_PACKAGES: Final = (
    "presidio-analyzer", "spacy", MODEL, "sudachipy", "sudachidict-core", "phonenumbers",
)  # fmt: skip


class Engine(Protocol):
    """What a detector process runs."""

    @property
    def revision(self) -> str: ...

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        """The spans of each passage, disjoint and sorted. Whatever it raises costs that call alone."""


class PresidioEngine:
    """Finds people, places, identifiers and secrets.

    Args:
        languages: ``en`` and ``ja``, one or both.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
        self._languages = languages
        self._revision_digest = _revision_digest(languages)
        self._names = NameNlpEngine(languages)
        self._analyzer = Analyzer(
            registry=RecognizerRegistry(_recognizers(languages), supported_languages=[*languages]),
            nlp_engine=self._names,
            supported_languages=[*languages],
            context_aware_enhancer=ContextWordEnhancer(),
            default_score_threshold=_THRESHOLD,
        )

    @property
    def revision(self) -> str:
        return self._revision_digest.hexdigest()

    def add(self, specs: Sequence[str]) -> None:
        """Find what settings add, too.

        Args:
            specs: as ``custom.load`` takes them, and ``optional=ENTITY`` for each that is switched on.

        Raises:
            ValueError: some can't be used; the message says which and why.
        """
        for recognizer in _configured_recognizers(self._languages, specs):
            self._analyzer.registry.add_recognizer(recognizer)
        for content in custom.revision_inputs(specs):
            self._revision_digest.update(b"%d:%s" % (len(content), content))

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        expanded = ExpandedPassages(passages)
        return expanded.merged(self._each(expanded.passages, expanded.folded))

    def _each(
        self, passages: Sequence[Passage], folded: Sequence[Folded]
    ) -> list[tuple[Span, ...]]:
        named = self._names.named(
            [f.text if "en" in p.languages else "" for f, p in zip(folded, passages, strict=True)]
        )
        spans = []
        for passage, text, names in zip(passages, folded, named, strict=True):
            if not passage.languages:
                spans.append(tier0(passage.text, passage.key))
                continue
            language = _language(text.text, passage.languages)
            results = self._analyzer.analyze(
                text.text,
                language,
                nlp_artifacts=Artifacts(names, passage.key, self._names, language),
            )
            found = resolve_overlaps((_span(result) for result in results), text.text)
            spans.append(to_original_offsets(found, text))
        return spans


def build(languages: Sequence[str], specs: Sequence[str] = ()) -> Engine:
    """The engine that the gateway's detector processes run, with what settings add (see ``PresidioEngine.add``)."""
    engine = PresidioEngine(languages)
    engine.add(specs)
    return engine


def _recognizers(
    languages: Sequence[str],
) -> list[EntityRecognizer]:
    recognizers: list[EntityRecognizer] = []
    for language in languages:
        recognizers += [
            RulesRecognizer(language),
            LabelledRecognizer(language),
            NerRecognizer(language),
        ]
        if "en" in languages:
            recognizers += [AnnouncedNameRecognizer(language), AddressRecognizer(language)]
    if "ja" in languages:
        recognizers.append(JapaneseNameRecognizer())
    return recognizers


def _configured_recognizers(
    languages: Sequence[str], specs: Sequence[str]
) -> list[EntityRecognizer]:
    """What settings switch on, and what users bring."""
    entities = tuple(spec.removeprefix(_OPTIONAL) for spec in specs if spec.startswith(_OPTIONAL))
    added: list[EntityRecognizer] = []
    if entities:
        added += [OptionalRecognizer(entities, language) for language in languages]
    return added + custom.load(languages, [s for s in specs if not s.startswith(_OPTIONAL)])


def _language(text: str, languages: Sequence[str]) -> str:
    return "ja" if "ja" in languages and JAPANESE.search(text) else languages[0]


def _span(result: RecognizerResult) -> Span:
    metadata = result.recognition_metadata or {}
    return Span(
        start=result.start,
        end=result.end,
        entity=result.entity_type,
        score=round(float(result.score), 3),
        detector=metadata.get(RecognizerResult.RECOGNIZER_NAME_KEY, ""),
    )


def _revision_digest(languages: Sequence[str]) -> "hashlib.blake2b":
    """A digest of everything that decides what is found: our code, the packages and the languages."""
    digest = hashlib.blake2b(repr(sorted(languages)).encode(), digest_size=16)
    for package in _PACKAGES:
        digest.update(f"{package}={version(package)};".encode())
    detect = Path(__file__).parents[1]
    for path in sorted([*detect.rglob("*.py"), *(detect.parent / "text").glob("*.py"), WEIGHTS]):
        digest.update(path.read_bytes())
    return digest
