"""What is gathered for a decision besides what the request itself says."""

import pytest
import structlog

from gateway.bias.results import BiasResults
from gateway.policy.compile.build import Build, build
from gateway.provenance.status import Provenance
from gateway.request_facts import FactSources, ScannedRequest
from gateway.routing.catalogue import Catalogue
from gateway.types import HarvestState, Scan
from tests.parts import configuration
from tests.parts.samples import call, principal
from tests.policy.conftest import POLICIES
from tests.policy.samples import NOON

SETTINGS = configuration.settings(
    deployments={
        name: configuration.deployment("http://127.0.0.1:9/v1") for name in ("r1-a", "r1-b", "r2-a")
    },
    models={
        "deepseek-r1": {"deployments": ["r1-a", "r1-b"]},
        "r2": {"deployments": ["r1-b", "r2-a"]},
    },
)
CATALOGUE = Catalogue(SETTINGS)
SOURCES = FactSources(
    catalogue=CATALOGUE,
    provenance=Provenance({}),
    bias=BiasResults(SETTINGS.deployments, structlog.get_logger()),
)


@pytest.fixture(scope="module")
def shipped() -> Build:
    return build(POLICIES)


def request(harvest: HarvestState = "below") -> ScannedRequest:
    return ScannedRequest(
        principal=principal(),
        call=call(),
        entry=CATALOGUE.resolve("deepseek-r1"),
        harvest={"deepseek-r1": harvest},
        scan=Scan(findings=(), unscannable=frozenset({"image"})),
        now=NOON,
    )


def rerouting(shipped: Build) -> Build:
    row = {**shipped.data["apps"]["default"], "when_in_house_only": "reroute", "reroute_to": "r2"}
    apps = {"default": row, "apps": {}, "groups": {}}
    return Build(revision="other", modules=shipped.modules, data={**shipped.data, "apps": apps})


def test_every_deployment_of_the_model_is_a_candidate(shipped: Build) -> None:
    assert SOURCES.rerouted(request(), shipped) == ()
    facts = SOURCES.facts(request("over"), (), shipped)
    assert [(one.deployment, one.harvest) for one in facts.candidates] == [
        ("r1-a", "over"),
        ("r1-b", "over"),
    ]
    assert (facts.model, facts.unscannable) == ("deepseek-r1", ("image",))
    assert {(one.provenance, one.bias) for one in facts.candidates} == {("declared", None)}


def test_deployments_of_the_reroute_model_come_after_them_and_none_twice(shipped: Build) -> None:
    built = rerouting(shipped)
    rerouted = SOURCES.rerouted(request(), built)
    assert [one.name for one in rerouted] == ["r2-a"]
    facts = SOURCES.facts(request(), rerouted, built)
    assert [(one.deployment, one.rerouted) for one in facts.candidates] == [
        ("r1-a", False),
        ("r1-b", False),
        ("r2-a", True),
    ]
