"""An audit entry: what one exchange leaves in the audit log.

Each function below turns one part of the exchange into fields of the entry. The type checker compares the two: a field
that no part fills, or that is misspelt, is an error.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Literal, Self, TypeAlias, TypedDict

from gateway.exchange import Attempt, Exchange, Outcome, ReplyStats, Trial
from gateway.types import Decision, Principal, Reason, Scan, UsageEvent, Verdict

EntryKind: TypeAlias = Literal["attempt", "outcome", "refusal", "admin"]

_MAX_COUNT: Final = 2**53 - 1
"""Largest integer that every JSON reader holds exactly."""
# No space: a sentence must not pass as a name.
_NAME_CHARACTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/@+"
)
_MAX_NAME: Final = 128
_NO_TRIAL: Final = Trial(revision="", change="", reasons=())
_NO_USAGE: Final = UsageEvent(input_tokens=0, output_tokens=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """What an exchange leaves behind: no user text, and no hash of user text that is not keyed.

    A field with a default was added by a later release and is left out of the canonical form at its default, so that
    earlier records stay canonical. Every new field needs one.
    """

    kind: EntryKind
    time: str
    """RFC 3339, UTC, milliseconds."""
    request_id: str
    tenant: str
    app: str
    subject: str
    credential_id: str
    target: str
    """The name that an admin operation concerns, or the id of a stored reply."""
    dialect: str
    operation: str
    model: str
    """The requested model; a name outside the catalogue is recorded as ``""``."""
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
    """Sensitive values in the reply that the request did not contain, by entity."""
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
    """The provenance status of each deployment of ``verdicts``."""
    manifests: Mapping[str, str] = field(default_factory=dict)
    """The digest of the weights in its signed record, where one could be read."""
    trial_revision: str
    trial_change: str
    trial_reasons: tuple[str, ...]
    outcome: str
    status: int
    code: str
    source: str
    cause: str = ""
    """Why the connection to the deployment failed."""
    user: str = ""
    """The end user on whose behalf the call was made, by a keyed hash."""
    input_tokens: int
    output_tokens: int
    usage_clamped: bool = False
    """Whether the deployment reported counts that no reply can have; those above are then limited."""

    @classmethod
    def of(
        cls, exchange: Exchange, kind: EntryKind, now: datetime, outcome: Outcome | None = None
    ) -> Self:
        """What ``exchange`` leaves behind at this moment.

        Args:
            exchange: the request.
            kind: the attempt, its outcome, a refusal before any attempt, or an admin operation.
            now: the wall clock, with a time zone.
            outcome: how it ended, where it has.
        """
        return cls(
            kind=kind,
            time=timestamp(now),
            **_request(exchange),
            **_caller(exchange.principal),
            **_scan(exchange.scan),
            **_decision(exchange.decision),
            **_trial(exchange.trial or _NO_TRIAL),
            **_proofs(exchange.verdicts),
            **_attempt(exchange.attempt),
            **_verdict(next(iter(exchange.verdicts.values()), None) if exchange.attempt else None),
            **_reply(exchange.reply, exchange.reply.usage or _NO_USAGE),
            **_outcome(outcome),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """An entry with its place in the log: ``leaf`` is the RFC 6962 leaf hash of its canonical JSON."""

    origin: str
    sequence: int
    entry: AuditEntry
    leaf: bytes


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, so that text order is time order."""
    # Always three digits of a second: text of different lengths would not sort as time.
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _RequestFields(TypedDict):
    request_id: str
    dialect: str
    operation: str
    target: str
    model: str
    stream: bool
    purpose: str


def _request(exchange: Exchange) -> _RequestFields:
    return {
        "request_id": exchange.request_id,
        "dialect": exchange.dialect,
        "operation": exchange.operation,
        "target": _name(exchange.target),
        "model": exchange.model,
        "stream": exchange.call is not None and exchange.call.stream,
        "purpose": exchange.facts.purpose if exchange.facts else "",
    }


class _CallerFields(TypedDict):
    tenant: str
    app: str
    subject: str
    credential_id: str
    user: str


def _caller(principal: Principal | None) -> _CallerFields:
    if principal is None:
        return {"tenant": "", "app": "", "subject": "", "credential_id": "", "user": ""}
    return {
        "tenant": principal.tenant,
        "app": principal.app,
        "subject": principal.subject,
        "credential_id": principal.credential_id,
        "user": principal.user,
    }


class _ScanFields(TypedDict):
    findings: Mapping[str, int]
    unscannable: tuple[str, ...]


def _scan(scan: Scan | None) -> _ScanFields:
    if scan is None:
        return {"findings": {}, "unscannable": ()}
    return {
        "findings": dict(Counter(found.entity for found in scan.findings)),
        "unscannable": tuple(sorted(scan.unscannable)),
    }


class _DecisionFields(TypedDict):
    decision_id: str
    revision: str
    facts_hash: str
    reasons: tuple[str, ...]
    shadow_reasons: tuple[str, ...]


def _decision(decision: Decision | None) -> _DecisionFields:
    return {
        "decision_id": decision.id if decision else "",
        "revision": decision.revision if decision else "",
        "facts_hash": decision.facts_hash if decision else "",
        "reasons": _ids(decision.reasons) if decision else (),
        "shadow_reasons": _ids(decision.shadow_reasons) if decision else (),
    }


class _TrialFields(TypedDict):
    trial_revision: str
    trial_change: str
    trial_reasons: tuple[str, ...]


def _trial(trial: Trial) -> _TrialFields:
    return {
        "trial_revision": trial.revision,
        "trial_change": trial.change,
        "trial_reasons": trial.reasons,
    }


class _ProofFields(TypedDict):
    provenance: Mapping[str, str]
    manifests: Mapping[str, str]


def _proofs(verdicts: Mapping[str, Verdict]) -> _ProofFields:
    proofs = {name: verdict.proof for name, verdict in verdicts.items()}
    return {
        "provenance": {name: proof.state for name, proof in proofs.items()},
        "manifests": {name: proof.manifest for name, proof in proofs.items() if proof.manifest},
    }


class _AttemptFields(TypedDict):
    attempt: int
    deployment: str
    operator: str
    zone: str
    sent_model: str
    redactions: Mapping[str, int]
    placeholder_key_id: str


def _attempt(attempt: Attempt | None) -> _AttemptFields:
    deployment = attempt.deployment if attempt else None
    return {
        "attempt": attempt.number if attempt else 0,
        "deployment": deployment.name if deployment else "",
        "operator": deployment.operator if deployment else "",
        "zone": deployment.zone if deployment else "",
        "sent_model": deployment.model if deployment else "",
        "redactions": dict(attempt.redactions) if attempt else {},
        "placeholder_key_id": attempt.placeholder_key_id if attempt else "",
    }


class _VerdictFields(TypedDict):
    output_use: str
    exceptions: tuple[str, ...]
    lineage: Mapping[str, str]


def _verdict(tried: Verdict | None) -> _VerdictFields:
    """The verdict on the deployment that was tried, if one was."""
    if tried is None:
        return {"output_use": "", "exceptions": (), "lineage": {}}
    return {
        "output_use": tried.output_use,
        "exceptions": tried.exceptions,
        "lineage": dict(tried.lineage),
    }


class _ReplyFields(TypedDict):
    reply_model: str
    invented: Mapping[str, int]
    restored: int
    unrestored: int
    input_tokens: int
    output_tokens: int
    usage_clamped: bool


def _reply(reply: ReplyStats, usage: UsageEvent) -> _ReplyFields:
    return {
        "reply_model": _name(reply.model),
        "invented": dict(reply.generated),
        "restored": reply.restored,
        "unrestored": reply.unrestored,
        "input_tokens": _count(usage.input_tokens),
        "output_tokens": _count(usage.output_tokens),
        "usage_clamped": usage.clamped,
    }


class _OutcomeFields(TypedDict):
    outcome: str
    status: int
    code: str
    source: str
    cause: str


def _outcome(outcome: Outcome | None) -> _OutcomeFields:
    if outcome is None:
        return {"outcome": "", "status": 0, "code": "", "source": "", "cause": ""}
    return {
        "outcome": outcome.kind,
        "status": outcome.status,
        "code": outcome.code or "",
        "source": outcome.source or "",
        "cause": outcome.cause,
    }


def _ids(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    return tuple(reason.id for reason in reasons)


def _count(number: int) -> int:
    """An upstream's number, limited to what JSON can carry."""
    return min(max(number, 0), _MAX_COUNT)


def _name(text: str) -> str:
    """A name that others choose: recorded only when it can't be free text."""
    return text if len(text) <= _MAX_NAME and _NAME_CHARACTERS.issuperset(text) else ""
