"""An audit record: what an exchange leaves behind, and the exact bytes that are hashed.

The canonical form of a record, its leaf in the Merkle tree, is UTF-8 JSON without spaces and with
its keys sorted::

    {"entry":{…},"origin":"…","sequence":0,"v":1}

``entry`` holds the fields of :class:`~gateway.exchange.AuditEntry` and nothing else. Fields that later releases
added have a default, and are left out where they are at it: so earlier records stay canonical as they are.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from datetime import UTC, datetime
from typing import Any, Final, get_type_hints

import orjson

from gateway.audit.proof.merkle import leaf_hash
from gateway.exchange import AuditEntry, AuditRecord, EntryKind, Exchange

VERSION: Final = 1
MAX_BODY_BYTES: Final = 65_000
"""Bound on an entry's JSON: a leaf must stay under the 65,535 bytes of C2SP tlog-tiles."""

_FIELDS: Final = tuple(sorted(fields(AuditEntry), key=lambda item: item.name))
_TUPLES: Final = frozenset(
    name for name, hint in get_type_hints(AuditEntry).items() if hint == tuple[str, ...]
)
_MAX_COUNT: Final = 2**53 - 1
"""Largest integer that every JSON reader holds exactly."""
_NAME_CHARACTERS: Final = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:/@+"
)
_MAX_NAME: Final = 128


class MalformedRecord(ValueError):
    """The bytes are not a record of this version."""


def entry(exchange: Exchange, kind: EntryKind, now: datetime) -> AuditEntry:
    """What ``exchange`` leaves behind at this moment.

    Findings are counted by entity. The name of the model in the reply is the upstream's word: it is
    kept only when it looks like a name.

    Args:
        exchange: the ledger of the request.
        kind: the attempt, its outcome, or a refusal before any attempt.
        now: the wall clock, with a time zone.
    """
    known: dict[str, Any] = {
        "kind": kind,
        "time": timestamp(now),
        "request_id": exchange.request_id,
        "dialect": exchange.dialect,
        "operation": exchange.operation,
        "target": _name(exchange.target),
        "model": exchange.model,
        "attempt": exchange.attempts,
        "sent_model": exchange.sent_model,
        "reply_model": _name(exchange.reply_model),
        "redactions": dict(exchange.redactions),
        "invented": dict(exchange.generated),
        "restored": exchange.restored,
        "unrestored": exchange.unrestored,
        "placeholder_key_id": exchange.placeholder_key_id,
        "purpose": exchange.purpose,
        "stream": exchange.call is not None and exchange.call.stream,
    }
    return AuditEntry(
        **known,
        **_who(exchange),
        **_where(exchange),
        **_decided(exchange),
        **_proven(exchange),
        **_found(exchange),
        **_ended(exchange),
    )


def timestamp(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, so that text order is time order."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def body(entry: AuditEntry) -> bytes:
    """The entry's own part of the canonical form.

    Raises:
        MalformedRecord: when the entry can't be written as JSON, or is too long.
    """
    try:
        raw = orjson.dumps(_canonical_fields(entry), option=orjson.OPT_SORT_KEYS)
    except TypeError:
        raise MalformedRecord("the entry can't be written as JSON") from None
    if len(raw) > MAX_BODY_BYTES:
        raise MalformedRecord("the entry is too long")
    return raw


def leaf(body: bytes, origin: str, sequence: int) -> bytes:
    """The canonical form of a record, from its entry's ``body`` and its place in the log."""
    name = orjson.dumps(origin)
    return b'{"entry":%b,"origin":%b,"sequence":%d,"v":%d}' % (body, name, sequence, VERSION)


def document(entry: AuditEntry) -> dict[str, Any]:
    """The entry as JSON would say it, with every field."""
    return {item.name: getattr(entry, item.name) for item in _FIELDS}


def _canonical_fields(entry: AuditEntry) -> dict[str, Any]:
    """The fields that are in the canonical form."""
    known = document(entry)
    return {
        item.name: known[item.name] for item in _FIELDS if not _is_default(item, known[item.name])
    }


def _is_default(item: Field[Any], value: Any) -> bool:
    if item.default_factory is not MISSING:
        return bool(value == item.default_factory())
    return item.default is not MISSING and bool(value == item.default)


def parse(raw: bytes) -> AuditRecord:
    """Read a canonical record back.

    Raises:
        MalformedRecord: when it is not exactly one, of this version.
    """
    try:
        found = orjson.loads(raw)
        if found.keys() != {"entry", "origin", "sequence", "v"} or found["v"] != VERSION:
            raise MalformedRecord("not a record of this version")
        record = AuditRecord(
            origin=found["origin"],
            sequence=found["sequence"],
            entry=_entry(found["entry"]),
            leaf=leaf_hash(raw),
        )
        canonical = leaf(body(record.entry), record.origin, record.sequence)
    except (ValueError, TypeError, AttributeError) as error:
        raise MalformedRecord("not a record of this version") from error
    if canonical != raw:
        raise MalformedRecord("not in canonical form")
    return record


def _entry(found: Mapping[str, Any]) -> AuditEntry:
    values: dict[str, Any] = {
        name: tuple(value) if name in _TUPLES else value for name, value in found.items()
    }
    return AuditEntry(**values)


def _who(exchange: Exchange) -> dict[str, Any]:
    principal = exchange.principal
    names = ("tenant", "app", "subject", "credential_id", "user")
    return {name: getattr(principal, name) if principal else "" for name in names}


def _where(exchange: Exchange) -> dict[str, Any]:
    deployment, decision = exchange.deployment, exchange.decision
    if deployment is None:
        empty = dict.fromkeys(("deployment", "operator", "zone", "output_use"), "")
        return {**empty, "exceptions": (), "lineage": {}}
    verdict = decision.candidates.get(deployment.name) if decision else None
    return {
        "deployment": deployment.name,
        "operator": deployment.operator,
        "zone": deployment.zone,
        "output_use": verdict.output_use if verdict else "",
        "exceptions": verdict.exceptions if verdict else (),
        "lineage": dict(verdict.lineage) if verdict else {},
    }


def _decided(exchange: Exchange) -> dict[str, Any]:
    decision, trial = exchange.decision, exchange.trial
    return {
        "decision_id": decision.id if decision else "",
        "revision": decision.revision if decision else "",
        "facts_hash": decision.facts_hash if decision else "",
        "reasons": tuple(reason.id for reason in decision.reasons) if decision else (),
        "shadow_reasons": (
            tuple(reason.id for reason in decision.shadow_reasons) if decision else ()
        ),
        "trial_revision": trial.revision if trial else "",
        "trial_change": trial.change if trial else "",
        "trial_reasons": trial.reasons if trial else (),
    }


def _proven(exchange: Exchange) -> dict[str, Any]:
    proofs = {name: verdict.proof for name, verdict in exchange.verdicts.items()}
    return {
        "provenance": {name: proof.state for name, proof in proofs.items()},
        "manifests": {name: proof.manifest for name, proof in proofs.items() if proof.manifest},
    }


def _found(exchange: Exchange) -> dict[str, Any]:
    scan = exchange.scan
    return {
        "findings": dict(Counter(found.entity for found in scan.findings)) if scan else {},
        "unscannable": tuple(sorted(scan.unscannable)) if scan else (),
    }


def _ended(exchange: Exchange) -> dict[str, Any]:
    outcome, usage = exchange.outcome, exchange.usage
    return {
        "outcome": outcome.kind if outcome else "",
        "status": outcome.status if outcome else 0,
        "code": (outcome.code or "") if outcome else "",
        "source": (outcome.source or "") if outcome else "",
        "input_tokens": _count(usage.input_tokens) if usage else 0,
        "output_tokens": _count(usage.output_tokens) if usage else 0,
    }


def _count(number: int) -> int:
    """An upstream's number, held to what JSON can carry."""
    return min(max(number, 0), _MAX_COUNT)


def _name(text: str) -> str:
    return text if len(text) <= _MAX_NAME and _NAME_CHARACTERS.issuperset(text) else ""
