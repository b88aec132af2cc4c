"""What a policy may know: coarse facts, without text, resolved and normalised before any rule reads them."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

import orjson

from gateway.destination import destination
from gateway.policy.build import Build
from gateway.policy.hosts import host_operator
from gateway.types import Call, Candidate, Deployment, Facts, Json, OutputUse, Principal, Scan

UNLISTED = "(unlisted)"
"""A declared purpose that settings.yaml does not list: no row can have this name. The caller's own word is text
and is not kept."""

_CANDIDATES = 1024
"""Deployments whose facts are remembered: they change only with the configuration or the revision."""

_STRICTNESS: tuple[OutputUse, ...] = ("forbidden", "unknown", "conditional", "allowed")


def facts(
    *,
    principal: Principal,
    call: Call,
    scan: Scan,
    model: str,
    deployments: Sequence[Deployment],
    build: Build,
    now: datetime,
) -> Facts:
    """The facts of one request.

    Args:
        principal: who calls; the subject and the credential are left out.
        call: the parsed request; only its shape is read.
        scan: what was found in it.
        build: the revision whose data the candidates are resolved from.
        model: the configured name of the model, never the caller's spelling of it.
        deployments: those that serve it, which become the candidates.
        now: an aware time; only its hour of the week in the policy's time zone is kept.
    """
    local = now.astimezone(ZoneInfo(build.data["settings"]["time_zone"]))
    return Facts(
        tenant=principal.tenant,
        app=principal.app,
        groups=tuple(sorted(principal.groups)),
        dialect=call.dialect,
        operation=call.operation,
        model=model,
        stream=call.stream,
        tools=bucket(len(call.tools)),
        findings=_findings(call, scan),
        unscannable=tuple(sorted(scan.unscannable)),
        modalities=tuple(sorted(call.modalities)),
        purpose=_purpose(call.purpose, build),
        hour=local.weekday() * 24 + local.hour,
        candidates=tuple(candidate(deployment, build) for deployment in deployments),
    )


def canonical(known: Facts) -> bytes:
    """The facts as the one JSON document that is evaluated, hashed and kept."""
    # orjson sorts the keys of mappings, not the fields of dataclasses: hence the second pass.
    return orjson.dumps(orjson.loads(orjson.dumps(known)), option=orjson.OPT_SORT_KEYS)


def facts_hash(document: bytes) -> str:
    """SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(document).hexdigest()


def bucket(count: int) -> str:
    """A count made coarse, so that equal facts meet in the cache."""
    return str(count) if count < 2 else "2-9" if count < 10 else "10+"


@lru_cache(maxsize=_CANDIDATES)
def candidate(deployment: Deployment, build: Build) -> Candidate:
    """What policy may know of a deployment; what no row says is ``""``, which no rule permits."""
    operators = build.data["operators"]
    operator = operators.get(deployment.operator, {})
    weights = build.data["models"].get(deployment.weights, {})
    host = _host(deployment.base_url)
    return Candidate(
        deployment=deployment.name,
        zone=deployment.zone,
        host=host,
        host_operator=host_operator(host, operators),
        operator=deployment.operator,
        operator_country=operator.get("country", ""),
        datacentre_country=deployment.datacentre,
        developer=weights.get("developer", ""),
        developer_country=weights.get("developer_country", ""),
        licence=weights.get("licence", ""),
        provenance="declared",
        output_use=_output_use(operator, weights, build),
    )


def _purpose(declared: str | None, build: Build) -> str:
    if declared is None:
        return ""
    return declared if declared in build.data["settings"]["purposes"] else UNLISTED


def _host(base_url: str) -> str:
    try:
        return destination(base_url).host
    except ValueError:
        return ""


def _output_use(operator: Json, weights: Json, build: Build) -> OutputUse:
    """The strictest of what the weights, their licence and the operator's terms say."""
    licence = build.data["licences"].get(weights.get("licence"), {})
    said = [weights.get("output_use") or licence.get("output_use", "unknown")]
    if operator.get("output_use"):
        said.append(operator["output_use"])
    return min(said, key=_STRICTNESS.index)


def _findings(call: Call, scan: Scan) -> dict[str, dict[str, str]]:
    counts: Counter[tuple[str, str]] = Counter(
        (finding.entity, call.segments[finding.segment].origin) for finding in scan.findings
    )
    buckets: dict[str, dict[str, str]] = {}
    for (entity, origin), count in sorted(counts.items()):
        buckets.setdefault(entity, {})[origin] = bucket(count)
    return buckets
