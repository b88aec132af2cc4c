"""Settings of quotas and prices."""

from collections.abc import Collection
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from gateway.settings.section import Name, Section

_LONGEST_WINDOW = 31 * 86_400
_LEAST_MONEY = 1e-6


class Price(Section):
    """Price of a deployment's tokens, in the currency of the quotas of money."""

    input: float = Field(ge=0, le=10**9, description="Price of a million input tokens.")
    output: float = Field(ge=0, le=10**9, description="Price of a million output tokens.")


class Harvest(Section):
    """How many distinct prompts one key may send to a model before that counts as harvesting its reasoning."""

    prompts: int = Field(ge=1, le=10**6, description="Maximum number of distinct prompts.")
    window_seconds: int = Field(
        86_400,
        ge=1,
        le=_LONGEST_WINDOW,
        description="Seconds in which they count, from the first prompt.",
    )


class QuotaOnly(Section):
    """Which requests a quota counts: those that match every given field."""

    tenant: Name | None = Field(None, description="Requests of this tenant.")
    app: Name | None = Field(None, description="Requests of this application.")
    group: Name | None = Field(None, description="Requests of callers in this group.")
    key: str | None = Field(None, description="Requests with this credential.")
    model: Name | None = Field(None, description="Requests for this model.")


class Quota(Section):
    """A limit on requests, tokens or money, over a sliding window or a period of the calendar."""

    name: Name = Field(description="Name of the quota in errors, headers and metrics.")
    count: Literal["requests", "tokens", "money", "concurrent"] = Field(
        description="What is counted; `concurrent` counts requests in flight."
    )
    # Bounded so that money in millionths stays below 2^53, up to which Lua counts exactly.
    limit: float = Field(gt=0, le=10**9, description="Maximum amount.")
    per: tuple[Literal["app", "group", "key", "model"], ...] = Field(
        (),
        description="Count separately per app, group, key or model; tenants are always counted separately.",
    )
    only: QuotaOnly = Field(default_factory=QuotaOnly, description="Which requests it counts.")
    window_seconds: int | None = Field(
        None, ge=1, le=_LONGEST_WINDOW, description="Length of a sliding window, in seconds."
    )
    calendar: Literal["hour", "day", "week", "month"] | None = Field(
        None, description="Calendar period; weeks begin on Monday."
    )
    zone: str = Field("UTC", description="Time zone of the calendar periods.")
    warn_at: float = Field(
        0.8, gt=0, le=1, description="Fraction of the limit from which replies carry a warning."
    )

    @field_validator("zone")
    @classmethod
    def _zone_exists(cls, zone: str) -> str:
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            raise ValueError(
                "no such time zone; one of the IANA names, such as Asia/Tokyo"
            ) from None
        return zone

    @model_validator(mode="after")
    def _exactly_one(self) -> "Quota":
        if (self.window_seconds is None) == (self.calendar is None):
            raise ValueError("give exactly one of window_seconds and calendar")
        if self.count == "concurrent" and self.window_seconds is None:
            raise ValueError(
                "concurrent needs window_seconds: a slot that was not released is free after that time"
            )
        if self.count != "money" and self.limit != int(self.limit):
            raise ValueError("limit: requests and tokens are whole numbers")
        if self.count == "money" and self.limit < _LEAST_MONEY:
            raise ValueError("limit: at least 0.000001, since money is counted in millionths")
        return self


def quota_faults(
    quotas: Collection[Quota], models: Collection[str], unpriced: Collection[str]
) -> list[str]:
    """Faults that no single quota can detect. ``unpriced`` lists the deployments without a price."""
    names = [quota.name for quota in quotas]
    twice = sorted({name for name in names if names.count(name) > 1})
    faults = [f"quotas: {name!r} is given twice" for name in twice]
    faults += [
        f"quotas.{quota.name}.only.model: no model is named {quota.only.model!r}"
        for quota in quotas
        if quota.only.model is not None and quota.only.model not in models
    ]
    if any(quota.count == "money" for quota in quotas):
        faults += [
            f"deployments.{name}.price: needed, since a quota counts money (0 where it costs none)"
            for name in unpriced
        ]
    return faults
