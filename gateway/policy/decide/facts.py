"""The input of a policy decision: coarse facts without text, resolved and normalised before any rule reads them."""

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from gateway.errors import InvalidRequest
from gateway.policy.compile.build import Build
from gateway.policy.decide.hosts import host_operator
from gateway.policy.decide.lineage import clause, developers
from gateway.text.destination import destination
from gateway.types import (
    Call,
    Candidate,
    Deployment,
    Facts,
    HarvestState,
    Json,
    Principal,
    Proof,
    Scan,
)

UNLISTED = "(unlisted)"
"""The fact for a declared purpose that purposes.yaml does not list. No row can have this name; the caller's own
spelling is text, so it is not kept."""

_CANDIDATES = 1024
"""Deployments whose facts are cached; they change with the configuration, the revision and the provenance."""

DECLARED = Proof()
"""The proof of a deployment without a signed record."""
_DEFAULTS_OF_OLDER_RECORDS: Mapping[str, Json] = {"manifest": "", "harvest": "off"}
"""Fields of a candidate that older records lack."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bias:
    """A measured bias score, 0 to 1, and the timezone-aware time of the measurement: see ``gateway/bias/``."""

    score: float
    measured: datetime


def facts(
    *,
    principal: Principal,
    call: Call,
    scan: Scan,
    model: str,
    candidates: tuple[Candidate, ...],
    build: Build,
    now: datetime,
) -> Facts:
    """The facts of one request.

    Args:
        principal: the caller; the subject and the credential are left out.
        call: the parsed request; only its shape is read.
        scan: the findings in it.
        model: the configured name of the model, never the caller's spelling of it.
        candidates: the deployments that could serve it.
        build: the revision whose data the candidates were resolved from.
        now: a timezone-aware time; only its hour of the week in the policy's time zone is kept.
    """
    # Only the hour of the week: a time to the second would make every cache key unique.
    hour, exceptions = moment(principal.app, now, build)
    return Facts(
        tenant=principal.tenant,
        app=principal.app,
        # Sorted: the order of a set differs between processes, and facts are hashed.
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
        max_output_tokens=call.max_output_tokens or 0,
        hour=hour,
        exceptions=exceptions,
        candidates=candidates,
    )


def candidates(
    model: str,
    deployments: Sequence[Deployment],
    *,
    app: str,
    build: Build,
    harvest: Mapping[str, HarvestState],
    proofs: Mapping[str, Proof],
    rerouted: Sequence[Deployment] = (),
) -> tuple[Candidate, ...]:
    """The candidates of a request.

    Args:
        model: the configured name of the model.
        deployments: those that serve it.
        app: the application that calls.
        build: the revision whose data describes them.
        harvest: the state of the harvest guard by model; a model without one is not in it.
        proofs: the provenance of deployments by name; one without a signed record is not in it.
        rerouted: deployments of the model that the application's row names for rerouting.
    """
    own_state = harvest.get(model, "off")
    rerouted_state = harvest.get(reroute_model(app, build), "off")
    named = (
        *((deployment, own_state, False) for deployment in deployments),
        *((deployment, rerouted_state, True) for deployment in rerouted),
    )
    return tuple(
        candidate(each, build, state, proofs.get(each.name, DECLARED), rerouted=is_rerouted)
        for each, state, is_rerouted in named
    )


def with_bias(known: Facts, bias: Mapping[str, Bias], now: datetime) -> Facts:
    """The facts with the measured bias of deployments, by name, and its age."""
    measured = tuple(_measured(each, bias.get(each.deployment), now) for each in known.candidates)
    return replace(known, candidates=measured)


def reroute_model(app: str, build: Build) -> str:
    """The model that an application's row names for data that must stay in-house, or ``""``."""
    rows = build.data["apps"]
    row = rows["apps"].get(app, rows["default"])
    return str(row["reroute_to"]) if row["when_in_house_only"] == "reroute" else ""


def moment(app: str, now: datetime, build: Build) -> tuple[int, tuple[str, ...]]:
    """What a time means under this build: the hour of the week, and the application's exceptions in force."""
    local = now.astimezone(ZoneInfo(build.data["settings"]["time_zone"]))
    return local.weekday() * 24 + local.hour, _in_force(app, local.date(), build)


def resolved_again(document: Json, build: Build, now: datetime) -> Json:
    """Recorded facts as this build would have resolved them at that time.

    What comes from policy data (the operator of a host, countries, lineage, exceptions) is resolved again;
    what came from the request and the configuration is kept.

    Raises:
        KeyError: the facts are of an older version that recorded less.
    """
    hour, exceptions = moment(document["app"], now, build)
    return {
        **document,
        "hour": hour,
        "exceptions": exceptions,
        "candidates": [asdict(_resolved(_recorded(row), build)) for row in document["candidates"]],
    }


def read(document: Json) -> Facts:
    """Facts from their decoded document.

    Raises:
        KeyError, TypeError: it is not a document of this version.
    """
    values = {field.name: document[field.name] for field in fields(Facts)}
    lists = ("groups", "unscannable", "modalities", "exceptions")
    return Facts(
        **{
            **values,
            **{name: tuple(values[name]) for name in lists},
            "candidates": tuple(_recorded(row) for row in values["candidates"]),
        }
    )


def canonical(known: Facts) -> bytes:
    """The facts as the one JSON document that is evaluated, hashed and kept."""
    # orjson sorts the keys of mappings, not the fields of dataclasses: hence the second pass.
    return orjson.dumps(orjson.loads(orjson.dumps(known)), option=orjson.OPT_SORT_KEYS)


def facts_hash(document: bytes) -> str:
    """SHA-256 of the canonical document, in hex."""
    return hashlib.sha256(document).hexdigest()


def bucket(count: int) -> str:
    """A count in coarse steps, so that similar requests share a cached decision."""
    return str(count) if count < 2 else "2-9" if count < 10 else "10+"


# A build is hashed by identity, so that an entry never serves another revision.
@lru_cache(maxsize=_CANDIDATES)
def candidate(
    deployment: Deployment,
    build: Build,
    harvest: HarvestState = "off",
    proof: Proof = DECLARED,
    *,
    rerouted: bool = False,
) -> Candidate:
    """The facts of a deployment; one that no row states is ``""``, which no rule permits."""
    unresolved = Candidate(
        deployment=deployment.name,
        zone=deployment.zone,
        host=_host(deployment.base_url),
        host_operator="",
        operator=deployment.operator,
        operator_country="",
        datacentre_country=deployment.datacentre,
        developer="",
        developer_country="",
        weights=deployment.weights,
        lineage=(),
        licences=(),
        provenance=proof.state,
        manifest=proof.manifest,
        output_use="unknown",
        bias=None,
        bias_days=None,
        rerouted=rerouted,
        harvest=harvest,
    )
    return _resolved(unresolved, build)


def _measured(known: Candidate, bias: Bias | None, now: datetime) -> Candidate:
    """The candidate with its measured bias."""
    # A measurement that is dated in the future would never expire: it is ignored, as a mistake or a forgery.
    if bias is None or bias.measured > now:
        return known
    return replace(known, bias=bias.score, bias_days=(now - bias.measured).days)


def _resolved(known: Candidate, build: Build) -> Candidate:
    """The candidate with what this build's data states about its host, operator and weights."""
    operators, models = build.data["operators"], build.data["models"]
    weights = models.get(known.weights, {})
    return replace(
        known,
        host_operator=host_operator(known.host, operators),
        operator_country=operators.get(known.operator, {}).get("country", ""),
        developer=weights.get("developer", ""),
        developer_country=weights.get("developer_country", ""),
        lineage=developers(known.weights, models),
        licences=tuple(weights.get("licences", ())),
        output_use=clause(known.operator, known.weights, build).use,
    )


def _recorded(row: Json) -> Candidate:
    row = {**_DEFAULTS_OF_OLDER_RECORDS, **row}
    values = {field.name: row[field.name] for field in fields(Candidate)}
    return Candidate(
        **{**values, "lineage": tuple(row["lineage"]), "licences": tuple(row["licences"])}
    )


def _in_force(app: str, day: date, build: Build) -> tuple[str, ...]:
    """Exceptions for this application whose period includes this day."""
    # ISO dates are ordered as text.
    today = day.isoformat()
    return tuple(
        name
        for name, row in sorted(build.data["exceptions"].items())
        if app in row["apps"] and row["start"] <= today <= row["until"]
    )


def _purpose(declared: str | None, build: Build) -> str:
    if declared is None:
        return ""
    return declared if declared in build.data["purposes"] else UNLISTED


def _host(base_url: str) -> str:
    try:
        return destination(base_url).host
    except ValueError:
        return ""  # which the rule host_mismatch refuses, for every operator


def _findings(call: Call, scan: Scan) -> dict[str, dict[str, str]]:
    counts: Counter[tuple[str, str]] = Counter(
        (finding.entity, call.segments[finding.segment].origin) for finding in scan.findings
    )
    buckets: dict[str, dict[str, str]] = {}
    for (entity, origin), count in sorted(counts.items()):
        buckets.setdefault(entity, {})[origin] = bucket(count)
    return buckets


PURPOSE_HEADER: Final = b"x-sekisho-purpose"


def declared_purpose(headers: Sequence[tuple[bytes, bytes]], in_body: str | None) -> str | None:
    """The one purpose that a request declares, or ``None``.

    Args:
        headers: as ASGI gives them, names in lower case.
        in_body: the purpose that the dialect found in the body.

    Raises:
        InvalidRequest: it declares two different ones, so that neither can be relied on.
    """
    declared = {
        value.decode("latin-1").strip() for name, value in headers if name == PURPOSE_HEADER
    }
    if in_body is not None:
        declared.add(in_body)
    if len(declared) > 1:
        raise InvalidRequest("The request declares two purposes.", param=PURPOSE_HEADER.decode())
    return next(iter(declared), None)
