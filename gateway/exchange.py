"""The ledger of one request, and what it leaves behind in the audit log."""

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
EntryKind: TypeAlias = Literal["attempt", "outcome", "refusal", "admin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a request ended. ``code`` is an error code of ``errors.py``, or ``None`` when served."""

    kind: OutcomeKind
    status: int
    code: str | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What a candidate revision made of a request. ``reasons`` are the ids of its refusals."""

    revision: str
    change: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaStatus:
    """How a quota stands once the request was counted. Money is in millionths of its currency."""

    quota: str
    count: Literal["requests", "tokens", "money", "concurrent"]
    limit: int
    remaining: int
    resets: float
    """Wall clock, seconds since the epoch."""
    warn: bool
    """Whether so much is used that the caller should know."""


@dataclass(slots=True, kw_only=True)
class Exchange:
    """The ledger of one request: written by ``pipeline``, then by ``respond``, by nothing else."""

    request_id: str
    started: float
    """Wall clock, seconds since the epoch."""
    dialect: str
    operation: str
    model: str = ""
    """The name that was asked for, once the catalogue knows it: never free text."""
    principal: Principal | None = None
    call: Call | None = None
    scan: Scan | None = None
    facts: bytes | None = field(default=None, repr=False)
    """The canonical ``Facts`` document, as hashed by ``Decision.facts_hash``."""
    purpose: str = ""
    """The purpose as the facts have it: a listed name, never the caller's own words."""
    decision: Decision | None = None
    trial: Trial | None = None
    """What a candidate revision would have decided, where one runs beside the live one."""
    deployment: Deployment | None = None
    attempts: int = 0
    redactions: Mapping[str, int] = field(default_factory=dict)
    placeholder_key_id: str = ""
    sent_model: str = ""
    reply_model: str = ""
    usage: UsageEvent | None = None
    quota_statuses: tuple[QuotaStatus, ...] = ()
    harvest: Mapping[str, HarvestState] = field(default_factory=dict)
    """How each model that counts different prompts stands for this caller."""
    sent: bool = False
    """Whether a model server may have begun to work on it: false again once it is known to have failed first."""
    output_bytes: int = 0
    """Length of what came back so far, as UTF-8."""
    restored: int = 0
    unrestored: int = 0
    generated: dict[str, int] = field(default_factory=dict)
    upstream_seconds: float = 0.0
    outcome: Outcome | None = None
    target: str = ""
    """What an administrative act was done to, or the id of a kept reply: a name, never free text."""

    @property
    def verdicts(self) -> Mapping[str, Verdict]:
        """Those on the deployment that it was sent to, or on all candidates as long as there is none."""
        if self.decision is None:
            return {}
        candidates = self.decision.candidates
        if self.deployment is None:
            return candidates
        return {name: candidates[name] for name in (self.deployment.name,) if name in candidates}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What an exchange leaves behind: no user text, no hash of user text that is not keyed."""

    kind: EntryKind
    time: str
    """RFC 3339, UTC, milliseconds."""
    request_id: str
    tenant: str
    app: str
    subject: str
    credential_id: str
    target: str
    """What an administrative act was done to, or the id of a kept reply."""
    dialect: str
    operation: str
    model: str
    """The model that was asked for; a name outside the catalogue is recorded as ``""``."""
    stream: bool
    attempt: int
    """Number of this attempt, from 1; 0 on a refusal before any attempt."""
    deployment: str
    operator: str
    zone: str
    sent_model: str
    reply_model: str
    decision_id: str
    revision: str
    facts_hash: str
    reasons: tuple[str, ...]
    shadow_reasons: tuple[str, ...]
    findings: Mapping[str, int]
    redactions: Mapping[str, int]
    invented: Mapping[str, int]
    restored: int
    unrestored: int
    unscannable: tuple[str, ...]
    placeholder_key_id: str
    output_use: str
    purpose: str
    exceptions: tuple[str, ...]
    """Exceptions without which the deployment would have been refused."""
    lineage: Mapping[str, str]
    provenance: Mapping[str, str] = field(default_factory=dict)
    """How each deployment of ``verdicts`` stood to its signed record."""
    manifests: Mapping[str, str] = field(default_factory=dict)
    """The digest of the weights in that record, where one could be read."""
    trial_revision: str
    trial_change: str
    trial_reasons: tuple[str, ...]
    outcome: str
    status: int
    code: str
    source: str
    user: str = ""
    """The end user on whose behalf the call was made, by a keyed hash."""
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An entry with its place in the log: ``leaf`` is the RFC 6962 leaf hash of its canonical JSON."""

    origin: str
    sequence: int
    entry: AuditEntry
    leaf: bytes
