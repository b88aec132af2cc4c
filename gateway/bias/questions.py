"""The questions, and the phrases that answers are searched for: data with their sources."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import ConfigError
from gateway.text.yaml_document import parse

Language: TypeAlias = Literal["en", "ja", "zh"]
Wording: TypeAlias = Literal["plain", "neutral"]

SHIPPED: Final = Path(__file__).with_name("questions.yaml")
_PHRASES: Final = Path(__file__).with_name("phrases.yaml")
_Text = Annotated[str, Field(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Wordings(_Row):
    plain: _Text
    neutral: _Text


class _Topic(_Row):
    source: _Text
    en: _Wordings
    ja: _Wordings
    zh: _Wordings


class _Set(_Row):
    topics: dict[str, _Topic] = Field(min_length=1)
    controls: dict[str, _Topic] = Field(min_length=1)


class Phrases(_Row):
    """Phrases of refusals and of official statements, by language."""

    refusals: dict[Language, tuple[_Text, ...]]
    slogans: dict[Language, tuple[_Text, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question in one language and wording. A control is about a subject that is not known to be censored."""

    topic: str
    control: bool
    language: Language
    wording: Wording
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """A set of questions. ``digest``: SHA-256, in hex, of its file and of the phrases that answers to it are searched for."""

    items: tuple[Question, ...]
    digest: str


def read(path: Path) -> Questions:
    """The questions in a file of the form of ``questions.yaml``.

    Raises:
        ConfigError: it can't be read, or is not such a file.
    """
    try:
        content = path.read_bytes()
        parsed = _Set.model_validate(parse(content))
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: not valid YAML: {error}"]) from None
    except ValidationError as error:
        raise ConfigError(
            [f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        ) from None
    # Phrases are part of the digest: other phrases classify the same answers otherwise.
    digest = hashlib.sha256(content + _PHRASES.read_bytes()).hexdigest()
    return Questions(items=tuple(_questions(parsed)), digest=digest)


@lru_cache(maxsize=1)
def phrases() -> Phrases:
    """The phrases that are shipped."""
    return Phrases.model_validate(parse(_PHRASES.read_bytes()))


def _questions(parsed: _Set) -> Iterator[Question]:
    for control, topics in ((False, parsed.topics), (True, parsed.controls)):
        for name, topic in topics.items():
            for language in get_args(Language):
                for wording in get_args(Wording):
                    yield Question(
                        topic=name,
                        control=control,
                        language=language,
                        wording=wording,
                        text=getattr(getattr(topic, language), wording),
                    )
