"""The detectors of one process: Presidio's analyzer with the project's own NLP engine and recognisers.

Only detector processes import it, since it loads the models.
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
from gateway.detect.rules.languages import LANGUAGES, language_of, use_networks
from gateway.detect.rules.optional_entities import OptionalRecognizer
from gateway.detect.rules.ruleset import apply_rules, to_original_offsets
from gateway.text.fold import Folded

_THRESHOLD: Final = 0.4
_OPTIONAL: Final = "optional="
_PACKAGES: Final = ("presidio-analyzer", "spacy", MODEL, "phonenumbers")
_GATEWAY: Final = Path(__file__).parents[2]


class Engine(Protocol):
    """The detectors that a detector process runs."""

    @property
    def revision(self) -> str: ...

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        """The spans of each passage, disjoint and sorted. An exception fails only this call."""


class PresidioEngine:
    """Finds people, places, identifiers and secrets.

    Args:
        languages: codes of the configured languages (see ``rules.languages``), at least one.
    """

    def __init__(self, languages: Sequence[str]) -> None:
        # Its messages may quote the text that is analysed.
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
        """Add the recognisers that settings name.

        Args:
            specs: as ``custom.load`` accepts them, and ``optional=ENTITY`` for each optional entity.

        Raises:
            ValueError: one can't be used; the message names it and the reason.
        """
        for recognizer in _configured_recognizers(self._languages, specs):
            self._analyzer.registry.add_recognizer(recognizer)
        # Each part is preceded by its length, so that no two lists of parts have the same digest.
        for content in custom.revision_inputs(specs):
            self._revision_digest.update(b"%d:%s" % (len(content), content))

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        expanded = ExpandedPassages(passages)
        return expanded.merged(self._each(expanded.passages, expanded.folded))

    def _each(
        self, passages: Sequence[Passage], folded: Sequence[Folded]
    ) -> list[tuple[Span, ...]]:
        # One call for all passages: the networks process them as a batch.
        named = self._names.find_names(
            [
                text.text if use_networks(passage.languages) else ""
                for text, passage in zip(folded, passages, strict=True)
            ]
        )
        spans = []
        for passage, text, names in zip(passages, folded, named, strict=True):
            if not passage.languages:
                # Without Presidio: a number or an identifier needs neither names nor context words.
                spans.append(apply_rules(passage.text, passage.key))
                continue
            language = language_of(text.text, passage.languages)
            results = self._analyzer.analyze(
                text.text,
                language,
                nlp_artifacts=Artifacts(names, passage.key, self._names, language),
            )
            found = resolve_overlaps((_span(result) for result in results), text.text)
            spans.append(to_original_offsets(found, text))
        return spans


def build(languages: Sequence[str], specs: Sequence[str] = ()) -> Engine:
    """The engine of the gateway's detector processes, with the recognisers of the settings (``PresidioEngine.add``)."""
    engine = PresidioEngine(languages)
    engine.add(specs)
    return engine


def _recognizers(codes: Sequence[str]) -> list[EntityRecognizer]:
    """Presidio runs the recognisers of one language on a text, so each is registered for all whose texts it reads."""
    # In the order of the table, not of the settings: the first of two equal findings names the detector.
    languages = [language for language in LANGUAGES.values() if language.code in codes]
    recognizers: list[EntityRecognizer] = []
    for code in codes:
        recognizers += [RulesRecognizer(code), LabelledRecognizer(code), NerRecognizer(code)]
        for language in languages:
            if language.code == code or language.script is None:
                recognizers += language.recognizers(code)
    return recognizers


def _configured_recognizers(
    languages: Sequence[str], specs: Sequence[str]
) -> list[EntityRecognizer]:
    """The optional entities that settings enable, and the recognisers of users."""
    entities = tuple(spec.removeprefix(_OPTIONAL) for spec in specs if spec.startswith(_OPTIONAL))
    added: list[EntityRecognizer] = []
    if entities:
        added += [OptionalRecognizer(entities, language) for language in languages]
    return added + custom.load(languages, [s for s in specs if not s.startswith(_OPTIONAL)])


def _span(result: RecognizerResult) -> Span:
    metadata = result.recognition_metadata or {}
    return Span(
        start=result.start,
        end=result.end,
        entity=result.entity_type,
        score=round(float(result.score), 3),
        detector=metadata.get(RecognizerResult.RECOGNIZER_NAME_KEY, ""),
    )


def _revision_digest(codes: Sequence[str], root: Path = _GATEWAY) -> "hashlib.blake2b":
    """A digest of everything that decides what is found: the code, the weights, the packages and the languages.

    Args:
        codes: the configured languages.
        root: the folder of the package ``gateway``.
    """
    digest = hashlib.blake2b(repr(sorted(codes)).encode(), digest_size=16)
    packages = {package for code in codes for package in LANGUAGES[code].packages}
    for package in (*_PACKAGES, *sorted(packages)):
        digest.update(f"{package}={version(package)};".encode())
    # rglob, not glob: a rule changed in any sub-folder must change the revision, or the cache serves old findings.
    sources = sorted([*(root / "detect").rglob("*.py"), *(root / "text").rglob("*.py")])
    for path in (*sources, WEIGHTS):
        digest.update(path.read_bytes())
    return digest
