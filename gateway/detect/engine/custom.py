"""Recognisers that users bring: patterns in YAML, dictionaries in files, classes of their own.

They are named in settings, never discovered. Like the built-in ones they read folded text; if one raises, the request is
refused. Only detector processes load them.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Final

import yaml
from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gateway.detect.rules.dictionary import Dictionary
from gateway.text.yaml_document import parse

_DICTIONARY_SCORE: Final = 0.95


def _regex(pattern: str) -> str:
    re.compile(pattern)
    return pattern


class _ConfigModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Pattern(_ConfigModel):
    regex: Annotated[str, AfterValidator(_regex)]
    score: float = Field(ge=0, le=1)


class _RecognizerConfig(_ConfigModel):
    """One recogniser of a YAML file, in Presidio's format."""

    name: str = Field(min_length=1)
    supported_entity: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    patterns: tuple[_Pattern, ...] = Field(min_length=1)
    context: tuple[str, ...] = ()


class _File(_ConfigModel):
    recognizers: tuple[_RecognizerConfig, ...] = Field(min_length=1)


class PatternsRecognizer(EntityRecognizer):
    """The patterns of one recogniser of a YAML file."""

    def __init__(self, config: _RecognizerConfig, language: str) -> None:
        super().__init__(
            supported_entities=[config.supported_entity],
            supported_language=language,
            name=config.name,
            context=[word.lower() for word in config.context],
        )
        self._patterns = [(re.compile(p.regex), p.score) for p in config.patterns]

    def load(self) -> None:
        """Nothing to load: the patterns are compiled."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        return [
            RecognizerResult(self.supported_entities[0], match.start(), match.end(), score)
            for pattern, score in self._patterns
            for match in pattern.finditer(text)
            if match[0]  # a pattern such as ``[0-9]*`` matches the empty string everywhere
        ]


class DictionaryRecognizer(EntityRecognizer):
    """The terms of a file, each a finding of one entity."""

    def __init__(self, terms: Dictionary, entity: str, language: str) -> None:
        super().__init__(
            supported_entities=[entity], supported_language=language, name="dictionary"
        )
        self._terms = terms

    def load(self) -> None:
        """Nothing to load: the terms are read."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        return [
            RecognizerResult(self.supported_entities[0], start, end, _DICTIONARY_SCORE)
            for start, end in self._terms.find(text)
        ]


def load(languages: Sequence[str], specs: Sequence[str]) -> list[EntityRecognizer]:
    """The recognisers that settings name, one for each language.

    Args:
        languages: the languages that are configured.
        specs: ``yaml=PATH``, ``dictionary=ENTITY=PATH``, ``onnx=THRESHOLD=LABEL:ENTITY,…=PATH`` or
            ``python=module:Class``.

    Raises:
        ValueError: a file or class can't be used; the message names it and the reason.
    """
    return [one for spec in specs for one in _loaded(spec, languages)]


def revision_inputs(specs: Sequence[str]) -> Iterator[bytes]:
    """The specifications and the contents of the files they name, for the revision."""
    for spec in specs:
        kind, _, value = spec.partition("=")
        yield spec.encode()
        if kind in ("yaml", "dictionary"):
            yield Path(value.rpartition("=")[2]).read_bytes()
        if kind == "onnx":
            yield from _networks().revision_inputs(Path(value.split("=", 2)[2]))


def _loaded(spec: str, languages: Sequence[str]) -> Iterator[EntityRecognizer]:
    kind, _, value = spec.partition("=")
    try:
        if kind == "yaml":
            yield from _patterns(Path(value), languages)
        elif kind == "dictionary":
            entity, _, path = value.partition("=")
            terms = Dictionary(_terms(Path(path)))
            for language in languages:
                yield DictionaryRecognizer(terms, entity, language)
        elif kind == "onnx":
            threshold, labels, path = value.split("=", 2)
            # The setting keeps colons, commas and equal signs out of labels.
            named = dict(pair.split(":") for pair in labels.split(","))
            yield from _networks().recognisers(Path(path), named, float(threshold), languages)
        else:
            for language in languages:
                yield _class(value)(supported_language=language)
    except ValidationError as error:
        fault = error.errors(include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))
        raise ValueError(f"{value}: {where}: {fault['msg']}") from None
    except (
        OSError,
        yaml.YAMLError,
        ImportError,
        LookupError,
        AttributeError,
        TypeError,
        re.error,
    ) as error:
        raise ValueError(f"{value}: {type(error).__name__}: {error}") from None


def _networks() -> ModuleType:
    """The module of users' networks, imported lazily, since its libraries are an optional extra."""
    return import_module("gateway.detect.networks.custom")


def _patterns(path: Path, languages: Sequence[str]) -> Iterator[EntityRecognizer]:
    document = _File.model_validate(parse(path.read_text(encoding="utf-8")))
    for config in document.recognizers:
        for language in languages:
            yield PatternsRecognizer(config, language)


def _terms(path: Path) -> list[str]:
    """One term a line; empty lines, and lines that begin with ``#``, are skipped."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _class(name: str) -> Callable[..., EntityRecognizer]:
    module, _, attribute = name.partition(":")
    found = getattr(import_module(module), attribute)
    if not (isinstance(found, type) and issubclass(found, EntityRecognizer)):
        raise TypeError("not a subclass of presidio_analyzer.EntityRecognizer")
    return found
