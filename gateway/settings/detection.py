"""Settings of detection, and of the recognisers that users bring."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from gateway.settings.section import Section

Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
LanguageCode = Literal["en", "ja"]
"""Codes that ``languages`` accepts: those of ``gateway.detect.rules.languages``, which settings can't import."""

Label = Annotated[str, Field(pattern=r"^[^:,=]+$")]


class Recogniser(Section):
    """A recogniser that you bring: exactly one of ``yaml``, ``dictionary``, ``onnx`` and ``python``."""

    yaml: Path | None = Field(None, description="File with patterns, in Presidio's form.")
    dictionary: Path | None = Field(None, description="File with one term a line.")
    entity: Entity | None = Field(None, description="What the dictionary's terms are.")
    onnx: Path | None = Field(
        None,
        description="Directory of a network: model.onnx, tokenizer.json, and config.json of one for token "
        "classification or gliner_config.json of GLiNER's.",
    )
    labels: dict[Label, Entity] = Field(
        default_factory=dict, description="Which of the network's labels are which entities."
    )
    # Not below 0.4: no detector counts lower scores.
    threshold: float = Field(
        0.4, ge=0.4, le=1, description="Score from which a finding of the network counts."
    )
    python: str | None = Field(
        None,
        pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$",
        description="`module:Class`, a subclass of Presidio's EntityRecognizer.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "Recogniser":
        ways = (self.yaml, self.dictionary, self.onnx, self.python)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("give exactly one of yaml, dictionary, onnx and python")
        if (self.onnx is None) != (not self.labels):
            raise ValueError("`labels` are needed with `onnx`, and only then")
        if self.onnx is None and "threshold" in self.model_fields_set:
            raise ValueError("`threshold` is for `onnx` only")
        if (self.dictionary is None) != (self.entity is None):
            raise ValueError("`entity` is needed with `dictionary`, and only then")
        return self

    def spec(self) -> str:
        """The recogniser as an argument of detector processes."""
        if self.yaml is not None:
            return f"yaml={self.yaml}"
        if self.dictionary is not None:
            return f"dictionary={self.entity}={self.dictionary}"
        if self.onnx is not None:
            labels = ",".join(f"{label}:{entity}" for label, entity in self.labels.items())
            return f"onnx={self.threshold}={labels}={self.onnx}"
        return f"python={self.python}"

    @property
    def file(self) -> Path | None:
        """The file or directory that must exist."""
        return self.yaml or self.dictionary or self.onnx


class Detect(Section):
    """Detection of sensitive data."""

    languages: tuple[LanguageCode, ...] = Field(
        ("en", "ja"), min_length=1, description="Languages whose detectors run."
    )
    deadline_ms: int = Field(
        2000,
        ge=1,
        description="Milliseconds the detectors may work on a request of any size, time in the queue not counted; beyond "
        "them: 503.",
    )
    deadline_ms_per_1000: int = Field(
        40,
        ge=1,
        description="Milliseconds they may work in addition for every 1,000 characters; beyond them: 413.",
    )
    queue_ms: int = Field(
        10_000,
        ge=1,
        description="Milliseconds a request may wait for a detector process; 503 at once where it would wait longer.",
    )
    max_characters: int = Field(
        4_000_000,
        ge=1000,
        description="Characters not scanned before that one request may hold; beyond them: 413.",
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
        """Optional entities and recognisers, as arguments of detector processes."""
        switched = tuple(f"optional={entity}" for entity in self.optional)
        return switched + tuple(recogniser.spec() for recogniser in self.recognisers)

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist."""
        return {
            f"detect.recognisers.{index}": recogniser.file
            for index, recogniser in enumerate(self.recognisers)
        }
