"""The schemas of ``policies/data/*.yaml`` and of a rule's metadata.

Every row that states a fact says where it is from (``source``) and when that was read (``as_of``).
"""

from datetime import date
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter

from gateway.types import OutputDepth, OutputUse, ReasoningMode, Treatment, Zone

Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
EntityPattern = Annotated[str, Field(pattern=r"^[A-Z][A-Z_]*\*?$")]
HostPattern = Annotated[str, Field(pattern=r"^[a-z0-9*-]+(\.[a-z0-9*-]+)+$")]


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("expected the name of an IANA time zone, such as Asia/Tokyo")
    return name


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Fact(_Row):
    source: str = Field(min_length=1)
    as_of: date


class Operator(_Fact):
    """Who runs a service: a row of ``operators.yaml``."""

    name: str
    kind: Literal["self", "vendor"]
    status: Literal["allowed", "denied"]
    country: Country
    hosts: tuple[HostPattern, ...]
    output_use: OutputUse | None = None
    conditions: str = ""


class Weights(_Fact):
    """Whose weights these are: a row of ``models.yaml``."""

    developer: str = Field(min_length=1)
    developer_country: Country
    base: str = ""
    licence: str
    output_use: OutputUse | None = None
    conditions: str = ""


class Licence(_Fact):
    """What a licence says of outputs: a row of ``licences.yaml``."""

    name: str
    output_use: OutputUse
    conditions: str = ""


class ZoneRow(_Row):
    """What may happen in a zone."""

    reasoning: ReasoningMode
    output_depth: OutputDepth
    unscannable: tuple[Literal["image", "audio", "file"], ...]


class EntityRow(_Row):
    """What to do with an entity, by zone; a zone that is left out takes the default's."""

    treatment: dict[Zone, Treatment] = Field(default_factory=dict)
    output: dict[Zone, Treatment] = Field(default_factory=dict)


class DefaultRow(_Row):
    """What to do with entities that no row names, in every zone."""

    treatment: dict[Zone, Treatment] = Field(min_length=4)
    output: dict[Zone, Treatment] = Field(min_length=4)


class Entities(_Row):
    """``entities.yaml``."""

    zones: dict[Zone, ZoneRow] = Field(min_length=4)
    default: DefaultRow
    entities: dict[EntityPattern, EntityRow]


class PolicySettings(_Row):
    """``settings.yaml``."""

    time_zone: Annotated[str, AfterValidator(_time_zone)]
    purposes: dict[Slug, str]


class RuleMetadata(_Row):
    """The ``custom`` part of a rule's METADATA, with its title."""

    id: Slug
    title: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    code: Literal["provider_blocked", "policy_denied", "content_blocked", "purpose_forbidden"]
    mode: Literal["enforce", "shadow", "off"]


DOCUMENTS: dict[str, TypeAdapter[object]] = {
    "operators": TypeAdapter(dict[Slug, Operator]),
    "models": TypeAdapter(dict[Slug, Weights]),
    "licences": TypeAdapter(dict[str, Licence]),
    "entities": TypeAdapter(Entities),
    "settings": TypeAdapter(PolicySettings),
}
"""Every data document a build needs, by the name of its file."""
