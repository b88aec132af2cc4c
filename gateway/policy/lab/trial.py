"""A candidate revision compared with the live one: what it would have decided, without effect."""

from typing import Literal, TypeAlias

from gateway.errors import PolicyUnavailable
from gateway.exchange import Trial
from gateway.policy.decide.live import Revision
from gateway.types import Decision, Facts, Reason

Change: TypeAlias = Literal[
    "same", "newly_denied", "newly_allowed", "other_destination", "other_treatment", "error"
]


async def trial(candidate: Revision, known: Facts, live: Decision) -> Trial:
    """Decide with the candidate; when that fails, the change is ``error``.

    Args:
        candidate: the candidate revision.
        known: the facts, resolved from the candidate's data.
        live: the decision that was made.
    """
    name = candidate.build.revision
    try:
        decision = await candidate.decider.decide(known)
    except PolicyUnavailable:
        return Trial(revision=name, change="error", reasons=())
    return Trial(revision=name, change=change(live, decision), reasons=ids(decision.reasons))


def change(before: Decision, after: Decision) -> Change:
    """The most significant difference between two decisions."""
    if before.allow != after.allow:
        return "newly_allowed" if after.allow else "newly_denied"
    permitted = [
        {name for name, verdict in decision.candidates.items() if verdict.allow}
        for decision in (before, after)
    ]
    if permitted[0] != permitted[1]:
        return "other_destination"
    if any(_handled(before, name) != _handled(after, name) for name in permitted[0]):
        return "other_treatment"
    return "same"


def ids(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """The stable ids of reasons."""
    return tuple(reason.id for reason in reasons)


def _handled(decision: Decision, name: str) -> tuple[object, ...]:
    verdict = decision.candidates[name]
    return (dict(verdict.treatment), verdict.reasoning, verdict.output_depth, verdict.output_use)
