"""The contract of engines, run over each: the same build, the same decisions, and no answer means no."""

from collections.abc import Mapping

import pytest

from gateway.errors import PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.compile.schemas import DOCUMENTS
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.facts import canonical
from gateway.types import Json
from tests.policy.conftest import Running
from tests.policy.samples import CLOUD, deployment, known

HOSTS = [
    ("https://api.deepseek.com/v1", "self"),
    ("https://API.DEEPSEEK.COM/v1", "self"),
    ("https://api.deepseek.com.:8443/v1", "self"),
    ("https://r1.corp@api.deepseek.com/v1", "self"),
    ("https://ａｐｉ.deepseek。com/v1", "self"),
    ("https://api.deepseek.com/v1", "openai"),
    ("https://api.deepseek.com/v1", "deepseek"),
    ("https://anything.deepseek.com/v1", "nobody"),
    ("https://api.openai.com.deepseek.com/v1", "openai"),
]


@pytest.mark.parametrize(
    "document", [*DOCUMENTS, "packs", "rule_metadata", "modes", "sekisho_revision"]
)
async def test_T60_a_missing_data_document_denies(
    shipped: Build, running: Running, document: str
) -> None:
    cut = {name: value for name, value in shipped.data.items() if name != document}
    built = Build(revision=shipped.revision, modules=shipped.modules, data=cut)
    async with running(built) as engine:
        try:
            decision = await Decider(shipped, engine).decide(known(shipped))
        except PolicyUnavailable:
            return
        assert not decision.allow


async def test_shipped_decisions(shipped: Build, running: Running) -> None:
    async with running(shipped) as engine:
        decider = Decider(shipped, engine)
        allowed = await decider.decide(known(shipped, deployment(), CLOUD, entities=("PERSON",)))
        assert {name: v.allow for name, v in allowed.candidates.items()} == {
            "r1-a": True,
            "cloud": True,
        }
        secret = await decider.decide(known(shipped, deployment(), CLOUD, entities=("SECRET_X",)))
        assert {name: v.allow for name, v in secret.candidates.items()} == {
            "r1-a": True,
            "cloud": False,
        }
        image = await decider.decide(known(shipped, CLOUD, unscannable=frozenset({"image"})))
        assert [reason.id for reason in image.reasons] == ["modality"]


@pytest.mark.parametrize(("base_url", "operator"), HOSTS)
async def test_T38_the_deepseek_cloud_is_refused_however_it_is_disguised(
    shipped: Build, base_url: str, operator: str
) -> None:
    decider = Decider(shipped, EmbeddedEngine(shipped))
    for zone in ("in-house", "public-cloud"):
        decision = await decider.decide(known(shipped, deployment(base_url, operator, zone)))
        assert not decision.allow
        assert {reason.code for reason in decision.reasons} == {"provider_blocked"}


@pytest.mark.parametrize(
    "host", ["evil-deepseek.com", "deepseek.com.evil.example", "аpi.deepseek-r1.example"]
)
async def test_look_alikes_of_deepseek_are_nobodys_host(shipped: Build, host: str) -> None:
    facts = known(shipped, deployment(f"https://{host}/v1", "deepseek", "public-cloud"))
    assert facts.candidates[0].host_operator == ""
    assert not (await Decider(shipped, EmbeddedEngine(shipped)).decide(facts)).allow


@pytest.mark.parametrize("modules", [{}, {"x.rego": "package sekisho\n\nother := 1\n"}])
async def test_an_undefined_decision_is_no_decision(
    shipped: Build, running: Running, modules: Mapping[str, str]
) -> None:
    built = Build(revision=shipped.revision, modules=modules, data=shipped.data)
    async with running(built) as engine:
        with pytest.raises(PolicyUnavailable):
            await Decider(shipped, engine).decide(known(shipped))


async def test_both_engines_give_the_same_answer_to_the_same_input(
    shipped: Build, running: Running
) -> None:
    reference = EmbeddedEngine(shipped)
    async with running(shipped) as engine:
        for document in _inputs(shipped):
            assert await engine.evaluate(document) == await reference.evaluate(document)


def _inputs(shipped: Build) -> list[bytes]:
    places = [deployment(), CLOUD, *(deployment(url, operator) for url, operator in HOSTS)]
    kinds: list[dict[str, Json]] = [
        {},
        {"entities": ("PERSON", "PERSON", "JP_MY_NUMBER")},
        {"entities": ("SECRET_GITHUB_TOKEN",) * 12},
        {"unscannable": frozenset({"image", "audio"})},
        {"purpose": "distillation"},
        {"purpose": "nonsense"},
    ]
    return [canonical(known(shipped, place, **kind)) for place in places for kind in kinds]
