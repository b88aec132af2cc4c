"""A candidate beside the live revision: what differs, and that nothing else happens."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.policy.compile.build import Build, revision
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.live import LivePolicy
from gateway.policy.lab.trial import change, trial
from gateway.types import Decision
from tests.parts.samples import decision, verdict
from tests.policy.samples import CLOUD, deployment, known


def handled(**changes: Any) -> Decision:
    base = decision({"a": True})
    return replace(base, candidates={"a": verdict(**changes)})


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (decision({"a": True}), decision({"a": True}), "same"),
        (decision({"a": True}), decision({"a": False}), "newly_denied"),
        (decision({"a": False}), decision({"a": True}), "newly_allowed"),
        (decision({"a": True}), decision({"a": True, "b": True}), "other_destination"),
        (handled(), handled(treatment={"PERSON": "keep"}), "other_treatment"),
        (handled(), handled(reasoning="drop"), "other_treatment"),
    ],
)
def test_the_weightiest_difference_is_told(before: Decision, after: Decision, told: str) -> None:
    assert change(before, after) == told


async def test_a_candidate_decides_beside_the_live_one(shipped: Build) -> None:
    modes = {**shipped.data["modes"]}
    modes["enforce"] = [*modes["enforce"], "us-ndaa-1532"]
    modes["off"] = [name for name in modes["off"] if name != "us-ndaa-1532"]
    data = {**shipped.data, "modes": modes}
    del data["sekisho_revision"]
    candidate = LivePolicy(revision(shipped.modules, data), EmbeddedEngine)
    live = LivePolicy(shipped, EmbeddedEngine)
    decided = await live.current.decider.decide(known(shipped, deployment(), CLOUD))
    facts = known(candidate.current.build, deployment(), CLOUD)
    tried = await trial(candidate.current, facts, decided)
    assert (tried.change, tried.reasons) == ("newly_denied", ("us-ndaa-1532",))
    await candidate.close()
    assert (await trial(candidate.current, facts, decided)).change == "newly_denied", "cached"
    other = known(candidate.current.build, CLOUD)
    assert (await trial(candidate.current, other, decided)).change == "error"
    await live.close()
