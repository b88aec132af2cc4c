"""Settings of detection, and of the recognisers that users bring."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from gateway.settings.section import Section


class Recogniser(Section):
    """A recogniser that you bring: exactly one of ``yaml``, ``dictionary`` and ``python``."""

    yaml: Path | None = Field(None, description="File with patterns, in Presidio's form.")
    dictionary: Path | None = Field(None, description="File with one term a line.")
    entity: str | None = Field(
        None, pattern=r"^[A-Z][A-Z0-9_]*$", description="What the dictionary's terms are."
    )
    python: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="`module:Class`, a subclass of Presidio's EntityRecognizer.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "Recogniser":
        if sum(way is not None for way in (self.yaml, self.dictionary, self.python)) != 1:
            raise ValueError("give exactly one of yaml, dictionary and python")
        if (self.dictionary is None) != (self.entity is None):
            raise ValueError("`entity` is needed with `dictionary`, and only then")
        return self

    def spec(self) -> str:
        """The recogniser as detector processes are told of it."""
        if self.yaml is not None:
            return f"yaml={self.yaml}"
        if self.dictionary is not None:
            return f"dictionary={self.entity}={self.dictionary}"
        return f"python={self.python}"

    @property
    def file(self) -> Path | None:
        """The file that must exist."""
        return self.yaml or self.dictionary


class Detect(Section):
    """Detection of sensitive data."""

    languages: tuple[Literal["en", "ja"], ...] = Field(
        ("en", "ja"), min_length=1, description="Languages whose detectors run."
    )
    deadline_ms: int = Field(
        2000, ge=1, description="Milliseconds a request's scan may take; beyond them: 503."
    )
    processes: int = Field(2, ge=1, le=64, description="Number of detector processes.")
    cache_entries: int = Field(
        20_000, ge=0, description="Texts whose findings are remembered (offsets only)."
    )
    optional: tuple[Literal["ORGANIZATION", "DATE_TIME", "NRP", "AGE"], ...] = Field(
        (), description="Entities that are found only when they are named here."
    )
    recognisers: tuple[Recogniser, ...] = Field((), description="Recognisers that you bring.")

    def specs(self) -> tuple[str, ...]:
        """What is added to the detectors, as detector processes are told of it."""
        switched = tuple(f"optional={entity}" for entity in self.optional)
        return switched + tuple(recogniser.spec() for recogniser in self.recognisers)

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist."""
        return {
            f"detect.recognisers.{index}": recogniser.file
            for index, recogniser in enumerate(self.recognisers)
        }
