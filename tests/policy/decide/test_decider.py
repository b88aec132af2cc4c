"""Only a well-formed answer of the right revision is believed; equal facts are decided once."""

from typing import Any

import pytest

from gateway.errors import PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.facts import canonical
from gateway.types import Json
from tests.policy.samples import known


class Says:
    """An engine that gives one answer, and counts."""

    def __init__(self, answer: Json) -> None:
        self.answer = answer
        self.evaluations = 0

    async def start(self) -> None: ...

    async def close(self) -> None: ...

    async def ready(self) -> bool:
        return True

    async def evaluate(self, document: bytes) -> Json:
        self.evaluations += 1
        return self.answer


async def good(shipped: Build, **changes: Any) -> dict[str, Any]:
    answer: dict[str, Any] = await EmbeddedEngine(shipped).evaluate(
        canonical(known(shipped, entities=("PERSON",)))
    )
    answer["candidates"]["r1-a"].update(changes)
    return answer


async def test_a_good_answer_is_believed_and_remembered(shipped: Build) -> None:
    engine = Says(await good(shipped))
    decider = Decider(shipped, engine)
    first = await decider.decide(known(shipped, entities=("PERSON",)))
    assert await decider.decide(known(shipped, entities=("PERSON",))) is first
    assert engine.evaluations == 1
    assert first.allow
    assert first.candidates["r1-a"].output_treatment.get("PERSON") == "keep"
    assert first.candidates["r1-a"].output_treatment["SECRET_ANYTHING"] == "placeholder"


@pytest.mark.parametrize(
    "changes",
    [
        {"allow": "true"},
        {"allow": 1},
        {"reasons": None},
        {"treatment": {"PERSON": "shred"}},
        {"treatment": {}},
        {"treatment": {"PERSON": "block"}},
        {"reasons": ["modality"]},
        {"allow": False, "reasons": ["no-such-rule"]},
        {"reasoning": "shout"},
        {"extra": 1},
    ],
)
async def test_T60_an_ill_formed_verdict_is_no_decision(
    shipped: Build, changes: dict[str, Any]
) -> None:
    answer = await good(shipped, **changes)
    with pytest.raises(PolicyUnavailable):
        await Decider(shipped, Says(answer)).decide(known(shipped, entities=("PERSON",)))


@pytest.mark.parametrize("answer", [None, {}, [], True, {"allow": True}, {"candidates": {}}])
async def test_no_answer_is_no_decision(shipped: Build, answer: Json) -> None:
    with pytest.raises(PolicyUnavailable):
        await Decider(shipped, Says(answer)).decide(known(shipped))


async def test_another_revision_is_no_decision(shipped: Build) -> None:
    answer = await good(shipped)
    answer["revision"] = "0" * 64
    with pytest.raises(PolicyUnavailable, match="another policy revision"):
        await Decider(shipped, Says(answer)).decide(known(shipped, entities=("PERSON",)))


async def test_a_candidate_that_is_left_out_or_added_is_no_decision(shipped: Build) -> None:
    answer = await good(shipped)
    answer["candidates"]["other"] = answer["candidates"]["r1-a"]
    with pytest.raises(PolicyUnavailable):
        await Decider(shipped, Says(answer)).decide(known(shipped, entities=("PERSON",)))
