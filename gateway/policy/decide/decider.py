"""Evaluates the policy, accepts only a well-formed answer, and caches the decision for equal facts."""

import hashlib
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.errors import PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.decide import lineage
from gateway.policy.decide.engine import Engine
from gateway.policy.decide.facts import canonical, facts_hash
from gateway.policy.decide.input_usage import input_usage
from gateway.policy.decide.treatments import Treatments
from gateway.types import (
    Candidate,
    Decision,
    Facts,
    Json,
    OutputDepth,
    OutputUse,
    Proof,
    Reason,
    ReasoningMode,
    Treatment,
    Verdict,
)

_CACHE_ENTRIES = 4096
_BLOCKING = frozenset({"block", "in-house-only"})
"""Treatments that no finding can have at a permitted deployment."""


class _Strict(BaseModel):
    # Nothing is coerced: an answer that is almost right must not become a permission.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Output(_Strict):
    exact: dict[str, Treatment]
    prefixes: list[Annotated[list[str], Field(min_length=2, max_length=2)]]
    otherwise: Treatment


class _Verdict(_Strict):
    allow: bool
    reasons: list[str]
    shadow_reasons: list[str]
    exceptions: list[str]
    treatment: dict[str, Treatment]
    reasoning: ReasoningMode
    output_depth: OutputDepth
    output_treatment: _Output
    output_use: OutputUse


class _Answer(_Strict):
    revision: str
    candidates: dict[str, _Verdict]


class Decider:
    """Decides over facts under one build.

    Decisions are cached by the facts that the rules read. The hour and the exceptions in force are among them, so
    that no decision outlives either, and each revision has a decider of its own.
    """

    def __init__(self, build: Build, engine: Engine) -> None:
        self._build = build
        self._engine = engine
        self._input_usage = input_usage(build)
        self._cache: OrderedDict[tuple[Hashable, ...], Decision] = OrderedDict()

    async def decide(self, known: Facts) -> Decision:
        """The decision over these facts.

        Raises:
            PolicyUnavailable: the engine gave no answer, an ill-formed one, or one for another revision.
        """
        document = canonical(known)
        key = facts_hash(document)
        cache_key = self._input_usage.cache_key(known)
        cached = self._cache.get(cache_key)
        if cached is not None:
            self._cache.move_to_end(cache_key)
            return cached if cached.facts_hash == key else self._for_facts(cached, key)
        # Requests with equal facts may evaluate at the same time: their decisions are
        # equal, so no lock is needed.
        decision = self._read(await self._engine.evaluate(document), known, key)
        self._cache[cache_key] = decision
        if len(self._cache) > _CACHE_ENTRIES:
            self._cache.popitem(last=False)
        return decision

    def _for_facts(self, cached: Decision, key: str) -> Decision:
        """A cached decision, with the id and the hash of these facts: they differ only in what no rule reads."""
        return replace(cached, id=self._id(key), facts_hash=key)

    def _id(self, key: str) -> str:
        return hashlib.sha256(f"{self._build.revision}:{key}".encode()).hexdigest()[:32]

    def _read(self, value: Json, known: Facts, key: str) -> Decision:
        answer = self._validated(value, known)
        verdicts = {
            found.deployment: self._verdict(answer.candidates[found.deployment], found, known)
            for found in known.candidates
        }
        # Reasons concern the model that was requested, not what the call could be rerouted to.
        direct = [verdict for verdict in verdicts.values() if not verdict.rerouted]
        return Decision(
            id=self._id(key),
            allow=any(verdict.allow for verdict in verdicts.values()),
            reasons=_distinct(r for verdict in direct for r in verdict.reasons),
            shadow_reasons=_distinct(r for verdict in direct for r in verdict.shadow_reasons),
            candidates=verdicts,
            revision=self._build.revision,
            facts_hash=key,
        )

    def _validated(self, value: Json, known: Facts) -> _Answer:
        try:
            answer = _Answer.model_validate(value)
        except ValidationError:
            raise _invalid_answer("is not well-formed") from None
        if answer.revision != self._build.revision:
            raise _invalid_answer("is for another policy revision")
        if answer.candidates.keys() != {candidate.deployment for candidate in known.candidates}:
            raise _invalid_answer("does not cover all deployments")
        return answer

    def _verdict(self, verdict: _Verdict, found: Candidate, known: Facts) -> Verdict:
        output = verdict.output_treatment
        if verdict.treatment.keys() != known.findings.keys():
            raise _invalid_answer("has no treatment for a finding")
        # A contradiction is a fault of the rules or of the engine, and a fault never permits.
        if verdict.allow and (
            verdict.reasons or _BLOCKING.intersection(verdict.treatment.values())
        ):
            raise _invalid_answer("is inconsistent")
        if not set(verdict.exceptions) <= set(known.exceptions):
            raise _invalid_answer("names an exception that is not in force")
        return Verdict(
            allow=verdict.allow,
            reasons=tuple(self._reason(rule, found) for rule in verdict.reasons),
            shadow_reasons=tuple(self._reason(rule, found) for rule in verdict.shadow_reasons),
            treatment=verdict.treatment,
            reasoning=verdict.reasoning,
            output_depth=verdict.output_depth,
            output_treatment=Treatments(
                output.exact,
                tuple((prefix, _treatment(how)) for prefix, how in output.prefixes),
                output.otherwise,
            ),
            output_use=verdict.output_use,
            rerouted=found.rerouted,
            exceptions=tuple(verdict.exceptions),
            proof=Proof(state=found.provenance, manifest=found.manifest),
            lineage=lineage.row(found.operator, found.weights, self._build),
        )

    def _reason(self, rule: str, found: Candidate) -> Reason:
        row = self._build.data["rule_metadata"].get(rule)
        if row is None:
            raise _invalid_answer("names a rule that does not exist")
        source = row["source"]
        if row["cites"] == "outputs":
            cited = lineage.clause(found.operator, found.weights, self._build)
            source = f"{cited.source} (as of {cited.as_of})" if cited.as_of else cited.source
        return Reason(
            id=row["id"],
            title=row["title"],
            remedy=row["remedy"],
            mode=row["mode"],
            code=row["code"],
            source=source,
        )


def _treatment(how: str) -> Treatment:
    match how:
        case "keep" | "placeholder" | "surrogate" | "mask" | "hash" | "block" | "in-house-only":
            return how
        case _:
            raise _invalid_answer("is not well-formed")


def _distinct(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    return tuple(dict.fromkeys(reasons))


def _invalid_answer(fault: str) -> PolicyUnavailable:
    return PolicyUnavailable(f"The policy engine's answer {fault}, so the call is refused.")
