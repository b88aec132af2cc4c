"""The grid asks of every row at least once."""

from collections import Counter

from gateway.policy.compile.build import Build
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.lab.grid import scenes


def test_every_row_is_asked_of(shipped: Build) -> None:
    found = list(scenes(shipped))
    names = Counter(scene.name for scene in found)
    assert [name for name, count in names.items() if count > 1] == []
    for operator in shipped.data["operators"]:
        assert f"operator {operator}" in names
    for weights in shipped.data["models"]:
        assert f"weights {weights} for distillation" in names
    assert "SECRET_X to public-cloud" in names
    assert "JP_MY_NUMBER to device" in names
    assert "mismatch weights in in-house" in names


async def test_some_scenes_are_allowed_and_some_refused(shipped: Build) -> None:
    decider = Decider(shipped, EmbeddedEngine(shipped))
    decided = {
        scene.name: (await decider.decide(scene.facts(shipped))).allow for scene in scenes(shipped)
    }
    assert decided["operator deepseek"] is False
    assert decided["operator openai"] is True
    assert decided["weights deepseek-r1 for distillation"] is True
    assert decided["weights llama-3-8b for distillation"] is False
    assert decided["SECRET_X to public-cloud"] is False
    assert decided["verified weights in in-house"] is True
    assert decided["expired weights in in-house"] is False
    assert decided["EMAIL_ADDRESS to public-cloud"] is True
