"""Settings of who may call, how much they may use, and what replicas share of it."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from gateway.section import Name, Section

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures with a private key: with a shared secret, whoever verifies could also sign."""

_SHORTEST = 16
_LONGEST_WINDOW = 31 * 86_400


class ApiKey(Section):
    """One API key from configuration. The key itself stays in the environment."""

    id: Name = Field(description="Identifies the credential in the audit log.")
    key_env: str = Field(description="Environment variable that holds the key.")
    tenant: Name = Field(description="Tenant whose keys and data the caller uses.")
    app: Name = Field(description="Application on whose behalf calls are made.")
    groups: tuple[Name, ...] = Field((), description="Groups that policy may refer to.")


class Oidc(Section):
    """An OpenID provider whose tokens are accepted."""

    issuer: str = Field(
        pattern=r"^https?://[^?#]+$", description="The issuer, exactly as its tokens name it."
    )
    audience: str = Field(min_length=1, description="What tokens must be meant for.")
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"),
        min_length=1,
        description="Algorithms of signatures that are accepted.",
    )
    ca_file: Path | None = Field(None, description="CA bundle that the issuer must chain to.")
    skew_seconds: float = Field(
        30.0, ge=0, le=300, description="Seconds by which clocks may differ."
    )
    refresh_seconds: float = Field(
        300.0, ge=1, description="Seconds between two looks at the issuer's keys."
    )
    stale_seconds: float = Field(
        3600.0, ge=1, description="Seconds for which keys are relied on when the issuer is away."
    )
    tenant: Name | None = Field(None, description="The tenant of every token; else its claim says.")
    app: Name | None = Field(
        None, description="The application of every token; else its claim says."
    )
    tenant_claim: str = Field("tenant", description="The claim that names the tenant.")
    app_claim: str = Field("azp", description="The claim that names the application.")
    groups_claim: str = Field("groups", description="The claim that lists the groups.")
    groups: dict[str, Name] | None = Field(
        None,
        description="Which groups of the issuer are which of policy's; others are left out. Without it, all are taken by their own names.",
    )


class Lockout(Section):
    """How many wrong secrets for one key may come from one address."""

    failures: int = Field(10, ge=1, description="Wrong secrets that lock the key for that address.")
    seconds: float = Field(
        60.0, gt=0, description="Seconds within which they count and for which it is locked."
    )


class Identity(Section):
    """Who may call."""

    keys: tuple[ApiKey, ...] = Field((), description="API keys.")
    keys_file: Path | None = Field(
        None, description="File of the keys that `sekisho keys create` makes."
    )
    oidc: Oidc | None = Field(None, description="The provider of bearer tokens.")
    lockout: Lockout = Field(default_factory=Lockout, description="The bound on guessing.")

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist. That of the keys need not: no key was made yet."""
        return {"identity.oidc.ca_file": self.oidc.ca_file if self.oidc else None}

    def faults(self, environ: Mapping[str, str]) -> list[str]:
        """What can't be seen from one key alone: ids given twice, and variables that hold no key."""
        ids = [key.id for key in self.keys]
        faults = [
            f"identity.keys.{index}.id: {key.id!r} is given twice"
            for index, key in enumerate(self.keys)
            if key.id in ids[:index]
        ]
        return faults + [
            f"identity.keys.{index}.key_env: {key.key_env} must hold a key of at least {_SHORTEST} characters"
            for index, key in enumerate(self.keys)
            if len(environ.get(key.key_env, "")) < _SHORTEST
        ]


class Price(Section):
    """What a deployment's tokens cost, in the currency in which quotas of money are given."""

    input: float = Field(ge=0, description="Price of a million input tokens.")
    output: float = Field(ge=0, description="Price of a million output tokens.")


class QuotaOnly(Section):
    """Which requests a quota counts: those that agree in everything that is named."""

    tenant: Name | None = Field(None, description="Requests of this tenant.")
    app: Name | None = Field(None, description="Requests of this application.")
    group: Name | None = Field(None, description="Requests of callers in this group.")
    key: str | None = Field(None, description="Requests with this credential.")
    model: Name | None = Field(None, description="Requests for this model.")


class Quota(Section):
    """A limit on requests, tokens or money, over a sliding window or a period of the calendar."""

    name: Name = Field(description="Names the quota in errors, headers and metrics.")
    count: Literal["requests", "tokens", "money"] = Field(description="What is counted.")
    limit: float = Field(gt=0, le=10**9, description="How much of it may be used.")
    per: tuple[Literal["app", "group", "key", "model"], ...] = Field(
        (),
        description="Whether each app, group, key or model has its own count; each tenant always has.",
    )
    only: QuotaOnly = Field(default_factory=QuotaOnly, description="Which requests it counts.")
    window_seconds: int | None = Field(
        None, ge=1, le=_LONGEST_WINDOW, description="Seconds of a sliding window."
    )
    calendar: Literal["hour", "day", "week", "month"] | None = Field(
        None, description="The period of a budget; weeks begin on Monday."
    )
    zone: str = Field("UTC", description="Time zone in which the calendar's periods begin.")
    warn_at: float = Field(
        0.8, gt=0, le=1, description="Part of the limit from which replies carry a warning."
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
        if self.count != "money" and self.limit != int(self.limit):
            raise ValueError("limit: requests and tokens are whole numbers")
        return self


def quota_faults(
    quotas: Collection[Quota], models: Collection[str], unpriced: Collection[str]
) -> list[str]:
    """What can't be seen from one quota alone. ``unpriced`` are the deployments without a price."""
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


class State(Section):
    """What replicas share: counters, revocations, breakers, sealed entries."""

    url: str = Field(
        "memory://",
        pattern=r"^(memory://$|rediss?(\+sentinel|\+cluster)?://)",
        description="`memory://` (this process alone), or a Redis: [the forms](state.md).",
    )
    username: str | None = Field(None, description="The Redis user (ACL).")
    password_file: Path | None = Field(None, description="File with the Redis password.")
    sentinel_password_file: Path | None = Field(
        None, description="File with the password of the sentinels, where they have one."
    )
    ca_file: Path | None = Field(None, description="CA bundle that the store must chain to.")
    cert_file: Path | None = Field(None, description="Client certificate towards the store.")
    key_file: Path | None = Field(None, description="Its private key.")
    timeout_ms: int = Field(
        250, ge=1, description="Milliseconds one call to the store may take, connecting included."
    )
    grace_seconds: float = Field(
        30.0,
        ge=0,
        description="Seconds for which quotas are counted in this process while the store is away; then: 503.",
    )
    grace_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="The part of each limit that this process may grant in that time.",
    )
    stale_seconds: float = Field(
        1.0,
        gt=0,
        description="Seconds without news of revocations after which credentials that can be revoked are refused: 503.",
    )

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist."""
        return {
            "state.password_file": self.password_file,
            "state.sentinel_password_file": self.sentinel_password_file,
            "state.ca_file": self.ca_file,
            "state.cert_file": self.cert_file,
            "state.key_file": self.key_file,
        }
