"""The schemas of ``policies/data/*.yaml``, of packs, and of a rule's metadata.

Every row that states a fact names its source (``source``) and the day on which that was read (``as_of``).
``unconfirmed`` names the fields of a row that are stated without proof.
"""

from datetime import date
from typing import Annotated, Literal, Self, TypeAlias
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from gateway.policy.compile.detection_schema import Detection
from gateway.types import OutputDepth, OutputUse, ProofState, ReasoningMode, Treatment, Zone

# pydantic's patterns run in linear time, and their `$` is the very end of the
# text, not before a line break.
Country = Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
Share = Annotated[float, Field(ge=0, le=1)]
EntityPattern = Annotated[str, Field(pattern=r"^[A-Z][A-Z_]*\*?$|^\*$")]
# Two labels at least: a single "*" would cover every host.
HostPattern = Annotated[str, Field(pattern=r"^[a-z0-9*-]+(\.[a-z0-9*-]+)+$")]
Mode: TypeAlias = Literal["enforce", "shadow", "off"]
Code: TypeAlias = Literal[
    "provider_blocked", "policy_denied", "content_blocked", "purpose_forbidden"
]
OutputTreatment: TypeAlias = Literal["keep", "placeholder", "block"]

_LONGEST_EXCEPTION_DAYS = 366
_LARGEST = 2**53 - 1
"""The largest integer that every JSON implementation keeps exactly (RFC 8259, section 6)."""


def _time_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("expected the name of an IANA time zone, such as Asia/Tokyo")
    return name


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Fact(_Row):
    source: str = Field(min_length=1)
    as_of: date


class Outputs(_Fact):
    """Terms on outputs: whether they may train other models, and under which conditions."""

    use: OutputUse
    conditions: str = ""


class Operator(_Fact):
    """Who runs a service: a row of ``operators.yaml``."""

    name: str
    kind: Literal["self", "vendor"]
    status: Literal["allowed", "denied"]
    country: Country
    hosts: tuple[HostPattern, ...]
    outputs: Outputs | None = None
    unconfirmed: tuple[Literal["country", "hosts"], ...] = ()


class Weights(_Fact):
    """Weights and their origin: a row of ``models.yaml``. ``base`` is another row, or empty."""

    developer: str = Field(min_length=1)
    developer_country: Country
    base: str = ""
    teacher: str = ""
    licences: tuple[str, ...] = Field(min_length=1)
    outputs: Outputs | None = None
    unconfirmed: tuple[Literal["licences", "teacher", "outputs"], ...] = ()


class Licence(_Fact):
    """A licence's terms on outputs: a row of ``licences.yaml``; ``null`` when it has none."""

    name: str
    output_use: OutputUse | None
    conditions: str = ""


class ZoneRow(_Row):
    """What is permitted in a zone."""

    reasoning: ReasoningMode
    output_depth: OutputDepth
    unscannable: tuple[Literal["image", "audio", "file"], ...]
    provenance: tuple[ProofState, ...] = Field(min_length=1)


class EntityRow(_Row):
    """What to do with an entity, by zone; a zone that is left out takes the default's."""

    treatment: dict[Zone, Treatment] = Field(default_factory=dict)
    output: dict[Zone, OutputTreatment] = Field(default_factory=dict)


class DefaultRow(_Row):
    """What to do with entities that no row names, in every zone."""

    # 4: every zone, so that no entity is without a treatment anywhere.
    treatment: dict[Zone, Treatment] = Field(min_length=4)
    output: dict[Zone, OutputTreatment] = Field(min_length=4)


class Entities(_Row):
    """``entities.yaml``."""

    zones: dict[Zone, ZoneRow] = Field(min_length=4)
    default: DefaultRow
    entities: dict[EntityPattern, EntityRow]

    @model_validator(mode="after")
    def _in_house_is_in_house(self) -> Self:
        tables = [self.default.treatment, *(row.treatment for row in self.entities.values())]
        if any(table.get("in-house") == "in-house-only" for table in tables):
            raise ValueError("expected in-house-only in other zones than in-house")
        return self


class Purpose(_Row):
    """The purpose of a call: a row of ``purposes.yaml``.

    ``trains``: outputs will train other models. ``max_bias``: the highest score that a deployment may have; 1 requires none.
    """

    description: str = Field(min_length=1)
    trains: bool
    max_bias: Share = 1.0


class Hours(_Row):
    """Hours of some days, in the policy's time zone: from ``start`` up to, and not including, ``end``."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(min_length=1)
    start: int = Field(ge=0, le=23)
    end: int = Field(ge=1, le=24)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            raise ValueError("expected start before end; give two rows to pass midnight")
        return self


class App(_Row):
    """What an application may use: a row of ``apps.yaml``; what is left out is as in ``default``."""

    models: tuple[str, ...] | None = None
    purpose: str | None = None
    purposes: tuple[str, ...] | None = None
    tools: bool | None = None
    hours: tuple[Hours, ...] | None = None
    max_output_tokens: int | None = Field(None, ge=0, le=_LARGEST)
    max_bias: Share | None = None
    reasoning: ReasoningMode | None = None
    reasoning_groups: tuple[str, ...] | None = None
    when_in_house_only: Literal["deny", "reroute"] | None = None
    when_harvesting: Literal["pass", "drop", "deny"] | None = None
    reroute_to: str | None = None

    @model_validator(mode="after")
    def _reroute_is_whole(self) -> Self:
        if self.when_in_house_only == "reroute" and not self.reroute_to:
            raise ValueError(
                "expected reroute_to, the model to use, beside when_in_house_only: reroute"
            )
        return self


class Group(_Row):
    """What members of a group may use: a row of ``groups`` in ``apps.yaml``."""

    models: tuple[str, ...]


class Apps(_Row):
    """``apps.yaml``."""

    default: App
    apps: dict[Slug, App]
    groups: dict[Slug, Group]

    @model_validator(mode="after")
    def _default_is_whole(self) -> Self:
        optional = {"purpose", "reroute_to"}
        missing = [
            name
            for name, value in self.default.model_dump().items()
            if value is None and name not in optional
        ]
        if missing:
            raise ValueError(f"expected every field in default; missing: {', '.join(missing)}")
        return self


class ExceptionRow(_Row):
    """A temporary permission: a row of ``exceptions.yaml``. Its last day is ``until``."""

    reason: Slug
    apps: tuple[Slug, ...] = Field(min_length=1)
    operators: tuple[Slug, ...] = Field(min_length=1)
    why: str = Field(min_length=1)
    requested_by: str = Field(min_length=1)
    approved_by: str = Field(min_length=1)
    start: date
    until: date

    @model_validator(mode="after")
    def _for_a_time(self) -> Self:
        if not 0 <= (self.until - self.start).days < _LONGEST_EXCEPTION_DAYS:
            raise ValueError("expected until on or after start, and within a year of it")
        if self.requested_by == self.approved_by:
            raise ValueError("expected approved_by to be another than requested_by")
        return self


class DeniedCountries(_Row):
    """Countries that are refused: as the operator's seat, the data centre's, or the developer's."""

    operator: tuple[Country, ...]
    datacentre: tuple[Country, ...]
    developer: tuple[Country, ...]


class PolicySettings(_Row):
    """``settings.yaml``."""

    time_zone: Annotated[str, AfterValidator(_time_zone)]
    packs: dict[Slug, Mode]
    denied_countries: DeniedCountries
    bias_days: int = Field(90, ge=1, le=_LARGEST)


class RuleMetadata(_Row):
    """The ``custom`` part of a rule's METADATA, with its title.

    ``excusable``: an exception may override the rule. ``cites: outputs``: a refusal names the clause that
    restricts the use of outputs.
    """

    id: Slug
    title: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    code: Code
    mode: Mode
    excusable: bool = False
    cites: Literal["", "outputs"] = ""
    source: str = ""


class Denial(_Row):
    """What a pack refuses: a call that matches a value on every axis that is given here."""

    operators: tuple[str, ...] | None = None
    operator_countries: tuple[Country, ...] | None = None
    datacentre_countries: tuple[Country, ...] | None = None
    developers: tuple[str, ...] | None = None
    developer_countries: tuple[Country, ...] | None = None
    lineage: tuple[str, ...] | None = None
    zones: tuple[Zone, ...] | None = None
    entities: tuple[EntityPattern, ...] | None = None

    @model_validator(mode="after")
    def _has_an_axis(self) -> Self:
        if not any(self.model_dump().values()):
            raise ValueError(
                "expected at least one axis with values: a denial of nothing is a mistake"
            )
        return self


class Pack(_Fact):
    """``packs/<name>/pack.yaml``: a dated, sourced set of denials, switched on in ``settings.yaml``."""

    title: str = Field(min_length=1)
    description: str = Field(min_length=1)
    dated: date
    remedy: str = Field(min_length=1)
    code: Code = "provider_blocked"
    unconfirmed: tuple[Literal["dated"], ...] = ()
    denies: tuple[Denial, ...] = Field(min_length=1)


PACK: TypeAdapter[object] = TypeAdapter(Pack)

DOCUMENTS: dict[str, TypeAdapter[object]] = {
    "operators": TypeAdapter(dict[Slug, Operator]),
    "models": TypeAdapter(dict[Slug, Weights]),
    "licences": TypeAdapter(dict[str, Licence]),
    "entities": TypeAdapter(Entities),
    "purposes": TypeAdapter(dict[Slug, Purpose]),
    "apps": TypeAdapter(Apps),
    "exceptions": TypeAdapter(dict[Slug, ExceptionRow]),
    "settings": TypeAdapter(PolicySettings),
    "detection": TypeAdapter(Detection),
}
"""Every data document that a build needs, by the name of its file."""
