"""Shares as configured while all are equally fast; less for the slow; the favourite within bounds."""

import random
from collections import Counter

import pytest

from gateway.routing.balance import Balance, Slot
from gateway.routing.health import Health
from gateway.settings.deployments import DeploymentSettings, Routing
from tests.parts.configuration import deployment


def slots(*weights: float, concurrency: int | None = None) -> list[Slot]:
    made = []
    for name, weight in zip("abcdef", weights, strict=False):
        settings = DeploymentSettings.model_validate(
            deployment("http://127.0.0.1:9/v1", weight=weight, concurrency=concurrency)
        )
        made.append(Slot(name, settings, Health(Routing(), None, drain=False)))
    return made


def simulate(
    among: list[Slot], *, seconds: dict[str, float], width: int, requests: int
) -> Counter[str]:
    """``width`` callers that each send the next request when the last was answered."""
    draw = random.Random(7)
    balance, now, got = Balance(draw), 0.0, Counter[str]()
    running: list[tuple[float, Slot]] = []
    for _ in range(requests):
        if len(running) >= width:
            running.sort(key=lambda job: job[0])
            now, ended = running.pop(0)
            ended.outstanding -= 1
        chosen = balance.choose(among)
        chosen.outstanding += 1
        got[chosen.name] += 1
        running.append((now + seconds[chosen.name] * draw.uniform(0.5, 1.5), chosen))
    return got


@pytest.mark.parametrize("width", [1, 4, 16, 64])
@pytest.mark.parametrize("weights", [(1, 1, 1), (1, 3), (1, 2, 5)])
def test_shares_are_as_configured_within_five_percent(
    weights: tuple[float, ...], width: int
) -> None:
    among = slots(*weights)
    equal = dict.fromkeys("abcdef", 1.0)
    got = simulate(among, seconds=equal, width=width, requests=4000)
    for slot, weight in zip(among, weights, strict=True):
        assert got[slot.name] / 4000 == pytest.approx(weight / sum(weights), abs=0.05)


def test_a_slow_deployment_gets_less() -> None:
    got = simulate(slots(1, 1, 1), seconds={"a": 10.0, "b": 1.0, "c": 1.0}, width=24, requests=4000)
    assert got["a"] < got["b"] / 3
    assert got["a"] < got["c"] / 3


def test_what_was_missed_does_not_come_back_as_a_flood() -> None:
    among = slots(1, 1)
    among[0].outstanding = 50
    balance = Balance(random.Random(7))
    for _ in range(1000):
        assert balance.choose(among).name == "b"
    among[0].outstanding = 0
    first = [balance.choose(among).name for _ in range(100)]
    assert first.count("a") <= 70


def test_a_single_slot_is_chosen_whatever_its_load() -> None:
    (only,) = slots(1)
    only.outstanding = 99
    assert Balance().choose([only]) is only


def test_the_favourite_is_chosen_until_it_is_loaded_beyond_the_others() -> None:
    among = slots(1, 1, 1)
    balance = Balance(random.Random(7))
    assert {balance.choose(among, "c").name for _ in range(20)} == {"c"}
    among[2].outstanding = 9
    assert balance.choose(among, "c").name != "c"
    assert balance.choose(among, "gone") in among


def test_conversations_that_stay_do_not_change_the_shares() -> None:
    among, balance, got = slots(1, 1), Balance(random.Random(7)), Counter[str]()
    for turn in range(1000):
        got[balance.choose(among, "a" if turn % 4 == 0 else None).name] += 1
    assert got["a"] / 1000 == pytest.approx(0.5, abs=0.05)


def test_a_slot_is_full_at_its_bound_and_never_without_one() -> None:
    (bound,) = slots(1, concurrency=2)
    assert not bound.full
    bound.outstanding = 2
    assert bound.full
    (free,) = slots(1)
    free.outstanding = 1000
    assert not free.full
