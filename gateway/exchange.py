"""The record of one request while it runs: one attribute for what each stage returned.

Every part is frozen and is replaced as a whole. Stages return parts; ``pipeline`` alone puts them together, and
``respond`` adds what the reply came to. The admin API does the same for its own operations. Everything else reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gateway.types import (
    Call,
    Decision,
    Deployment,
    HarvestState,
    Principal,
    Scan,
    Source,
    UsageEvent,
    Verdict,
)

OutcomeKind: TypeAlias = Literal["served", "denied", "failed", "disconnected"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a request ended. ``code`` is an error code of ``errors.py``, or ``None`` when served.

    ``cause`` says why a connection to a model server failed; ``""`` where none did.
    """

    kind: OutcomeKind
    status: int
    code: str | None = None
    source: Source | None = None
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaStatus:
    """A quota after the request was counted. Money is in millionths of its currency."""

    quota: str
    count: Literal["requests", "tokens", "money", "concurrent"]
    limit: int
    remaining: int
    resets: float
    """Wall clock, seconds since the epoch."""
    warn: bool
    """Whether so much is used that the caller is warned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaUse:
    """What the quotas counted for one request."""

    statuses: tuple[QuotaStatus, ...] = ()
    """One for each counter that the request touches."""
    harvest: Mapping[str, HarvestState] = field(default_factory=dict)
    """Whether the caller sent too many different prompts, for each model that counts them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsDocument:
    """What the policy decided on."""

    canonical: bytes = field(repr=False)
    """The ``Facts`` as canonical JSON, the preimage of ``Decision.facts_hash``."""
    purpose: str
    """A purpose that the policy lists, never the caller's own text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a candidate revision would have decided. ``reasons`` are the ids of its refusals."""

    revision: str
    change: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try to send the request to a deployment. A fallback is another attempt."""

    number: int
    """From 1."""
    deployment: Deployment
    redactions: Mapping[str, int]
    """Replaced values by entity."""
    placeholder_key_id: str
    sent: bool = False
    """Whether the model server may have begun to work: ``False`` again when it is known to have failed first."""
    upstream_seconds: float = 0.0
    """Time spent waiting for first events, earlier attempts included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyStats:
    """What was read of a reply, whole or broken off."""

    model: str = ""
    """The model's name as the upstream reported it."""
    usage: UsageEvent | None = None
    output_bytes: int = 0
    """Length of all text, as UTF-8."""
    restored: int = 0
    """Placeholders that were replaced by the caller's own values."""
    unrestored: int = 0
    generated: Mapping[str, int] = field(default_factory=dict)
    """Sensitive values that the request did not contain, by entity."""
    upstream_seconds: float = 0.0
    """Time spent waiting for events after the first."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """One request and what the stages returned for it so far; ``None`` where a stage has not ended."""

    request_id: str
    started: float
    """Wall clock, seconds since the epoch."""
    dialect: str
    operation: str
    principal: Principal | None = None
    """``None`` until the caller is authenticated."""
    target: str = ""
    """The name that an admin operation concerns, or the id of a stored reply: never free text."""
    call: Call | None = None
    model: str = ""
    """The requested model, once the catalogue has resolved it: never free text."""
    quota: QuotaUse = QuotaUse()
    scan: Scan | None = None
    facts: FactsDocument | None = None
    decision: Decision | None = None
    trial: Trial | None = None
    """``None`` too where no candidate policies run."""
    attempt: Attempt | None = None
    """The last one."""
    reply: ReplyStats = ReplyStats()

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """The verdict on the deployment of the last attempt; without an attempt, on every candidate."""
        if self.decision is None:
            return {}
        candidates = self.decision.candidates
        if self.attempt is None:
            return candidates
        name = self.attempt.deployment.name
        return {name: candidates[name]} if name in candidates else {}

    @property
    def upstream_seconds(self) -> float:
        """Time spent waiting for model servers."""
        waited = self.attempt.upstream_seconds if self.attempt else 0.0
        return waited + self.reply.upstream_seconds
