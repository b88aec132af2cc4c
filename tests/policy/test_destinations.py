"""At least 150 destinations by name, each with its verdict under the rules alone and under each pack."""

from collections import Counter

import pytest

from gateway.policy.compile.build import Build, revision
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.types import Deployment, Facts
from tests.policy.destinations import DESTINATIONS, PACKS, Destination
from tests.policy.samples import known


def with_packs(shipped: Build, *packs: str) -> Build:
    """The shipped policies with these packs switched on, and no others."""
    modes = {
        mode: [name for name in names if name not in PACKS]
        for mode, names in shipped.data["modes"].items()
    }
    modes["enforce"] = [*modes["enforce"], *packs]
    modes["off"] = [*modes["off"], *(set(PACKS) - set(packs))]
    data = {**shipped.data, "modes": modes}
    del data["sekisho_revision"]
    return revision(shipped.modules, data)


def facts(built: Build, place: Destination, *entities: str) -> Facts:
    deployment = Deployment(
        name="x",
        kind="openai",
        base_url=place.url,
        model="m",
        operator=place.operator,
        zone=place.zone,  # type: ignore[arg-type]
        datacentre=place.datacentre,
        weights=place.weights,
    )
    return known(built, deployment, entities=entities)


def test_there_are_enough_and_none_twice() -> None:
    assert len(DESTINATIONS) >= 150
    assert [name for name, n in Counter(p.name for p in DESTINATIONS).items() if n > 1] == []


async def test_the_rules_alone(shipped: Build) -> None:
    built = with_packs(shipped)
    decider = Decider(built, EmbeddedEngine(built))
    wrong = [
        f"{place.name}: {'refused' if place.base else 'allowed'} expected"
        for place in DESTINATIONS
        if (await decider.decide(facts(built, place))).allow == place.base
    ]
    assert wrong == []


@pytest.mark.parametrize("pack", PACKS)
async def test_each_pack_refuses_what_it_says_and_nothing_else(shipped: Build, pack: str) -> None:
    built = with_packs(shipped, pack)
    decider = Decider(built, EmbeddedEngine(built))
    wrong = []
    for place in DESTINATIONS:
        decision = await decider.decide(facts(built, place))
        named = pack in {reason.id for reason in decision.reasons}
        if named != (pack in place.packs) or decision.allow == (place.base or named):
            wrong.append(f"{place.name}: expected {pack in place.packs}, {decision.reasons}")
    assert wrong == []


async def test_the_japanese_pack_keeps_findings_out_of_public_clouds(shipped: Build) -> None:
    built = with_packs(shipped, "jp-gov-2025-02-06")
    decider = Decider(built, EmbeddedEngine(built))
    for place in DESTINATIONS:
        reasons = (await decider.decide(facts(built, place, "PERSON"))).reasons
        expected = place.zone == "public-cloud" or "jp-gov-2025-02-06" in place.packs
        assert ("jp-gov-2025-02-06" in {reason.id for reason in reasons}) == expected, place.name


async def test_packs_compose_and_the_stricter_wins(shipped: Build) -> None:
    built = with_packs(shipped, *PACKS)
    decider = Decider(built, EmbeddedEngine(built))
    for place in DESTINATIONS:
        decision = await decider.decide(facts(built, place))
        assert {reason.id for reason in decision.reasons} & set(PACKS) == place.packs, place.name
        assert decision.allow == (not place.base and not place.packs), place.name
