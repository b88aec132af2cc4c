"""Facts for the tests of policy."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway.policy.compile.build import Build
from gateway.policy.decide.facts import candidates, facts
from gateway.types import Call, Deployment, Facts, Finding, HarvestState, Proof, Scan, Segment
from tests.parts.samples import principal

NOON = datetime(2026, 11, 24, 3, 30, tzinfo=UTC)
"""A Tuesday, 12:30 in Tokyo."""


def deployment(
    base_url: str = "http://10.0.0.5/v1",
    operator: str = "self",
    zone: Any = "in-house",
    name: str = "r1-a",
    weights: str = "deepseek-r1",
) -> Deployment:
    return Deployment(
        name=name,
        kind="openai",
        base_url=base_url,
        model="deepseek-r1",
        operator=operator,
        zone=zone,
        datacentre="JP",
        weights=weights,
    )


CLOUD = deployment("https://api.openai.com/v1", "openai", "public-cloud", "cloud")


def call(purpose: str | None = None) -> Call:
    return Call(
        dialect="openai",
        operation="chat.completions",
        model="deepseek-reasoner",
        stream=False,
        document={},
        segments=(Segment(path=("messages", 0, "content"), origin="user", text="x" * 99),),
        tools=frozenset(),
        modalities=frozenset({"text"}),
        purpose=purpose,
    )


def known(
    built: Build,
    *deployments: Deployment,
    entities: tuple[str, ...] = (),
    unscannable: frozenset[str] = frozenset(),
    purpose: str | None = None,
    harvest: Mapping[str, HarvestState] | None = None,
    rerouted: tuple[Deployment, ...] = (),
    proofs: Mapping[str, Proof] | None = None,
) -> Facts:
    findings = tuple(
        Finding(segment=0, start=i, end=i + 1, entity=entity, score=1.0, detector="test")
        for i, entity in enumerate(entities)
    )
    return facts(
        principal=principal(),
        call=call(purpose),
        scan=Scan(findings=findings, unscannable=unscannable),
        model="deepseek-r1",
        candidates=candidates(
            "deepseek-r1",
            deployments or (deployment(),),
            app="billing",
            build=built,
            harvest=harvest or {},
            proofs=proofs or {},
            rerouted=rerouted,
        ),
        build=built,
        now=NOON,
    )
