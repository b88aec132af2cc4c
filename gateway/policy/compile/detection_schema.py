"""The schema of ``detection.yaml``: thresholds, and the lists of values that are allowed or denied."""

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Entity = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$")]
Score = Annotated[float, Field(ge=0, le=1)]
# A single character would match in almost every text.
Value = Annotated[str, Field(min_length=2, max_length=200)]

NEVER_ALLOWED = frozenset(
    ("CREDIT_CARD", "IBAN_CODE", "JP_HEALTH_INSURANCE", "JP_INVOICE_NUMBER", "JP_MY_NUMBER", "US_SSN")
)  # fmt: skip
"""Identifiers that check digits or issuing rules confirm. Like secrets (``SECRET_…``), no list may allow them."""


def _may_be_allowed(entity: str) -> str:
    if entity in NEVER_ALLOWED or entity.startswith("SECRET_"):
        raise ValueError(f"{entity} is confirmed by its own form and can't be allowed")
    return entity


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Entry(_Row):
    """An entry's values, owner, reason and last day, and whether it is enforced or only counted."""

    values: tuple[Value, ...] = Field(min_length=1)
    owner: str = Field(min_length=1)
    reason: str = Field(min_length=1)
    expires: date
    mode: Literal["shadow", "enforce"]
    tenant: str = ""
    app: str = ""


class Allowed(_Entry):
    """Values that are not findings: reviewed false positives."""

    entities: tuple[Annotated[Entity, AfterValidator(_may_be_allowed)], ...] = Field(min_length=1)


class Denied(_Entry):
    """Values that are findings wherever they occur: code names, customers."""

    entity: Entity


class Detection(_Row):
    """``detection.yaml``."""

    thresholds: dict[Entity, Score]
    allow: dict[Id, Allowed]
    deny: dict[Id, Denied]
