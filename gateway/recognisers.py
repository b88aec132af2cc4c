"""A recogniser that users bring, as settings name it."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Recogniser(BaseModel):
    """A recogniser that you bring: exactly one of ``yaml``, ``dictionary`` and ``python``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

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
