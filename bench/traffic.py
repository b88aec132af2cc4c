"""A generated day of decisions, as in an audit log: callers, findings and times of requests.

Generated from a seed. An application calls its models in the same way each time; what its users
type, and therefore what is found, differs from request to request.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.policy.compile.build import Build
from gateway.policy.decide.facts import candidates, facts
from gateway.types import Call, Deployment, Facts, Finding, Principal, Scan, Segment

DAY: Final = datetime(2026, 11, 24, tzinfo=UTC)
_ENTITIES: Final = (
    "PERSON",
    "EMAIL_ADDRESS",
    "PHONE_NUMBER",
    "LOCATION",
    "CREDIT_CARD",
    "JP_MY_NUMBER",
    "SECRET_AWS_KEY",
)
_WEIGHT: Final = (30, 20, 10, 10, 4, 1, 1)
_HOURS: Final = (1, 1, 1, 1, 1, 2, 3, 5, 9, 12, 12, 11, 9, 11, 12, 12, 11, 9, 6, 4, 3, 2, 2, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request, and its time."""

    request_id: str
    time: datetime
    facts: Facts


def day(build: Build, count: int, *, seed: int = 1) -> Iterator[Request]:
    """The requests of a day, in the order of time."""
    dice = random.Random(seed)  # noqa: S311  # traffic, not secrets
    hours = sorted(dice.choices(range(24), _HOURS, k=count))
    for number, hour in enumerate(hours):
        time = DAY + timedelta(hours=hour, seconds=dice.randrange(3600))
        known = _facts(build, dice, time)
        yield Request(request_id=f"req_{number:032x}", time=time, facts=known)


@dataclass(frozen=True, slots=True, kw_only=True)
class _App:
    """The calls of an application: their form is constant, what users type varies."""

    name: str
    share: int
    models: tuple[str, ...]
    groups: frozenset[str] = frozenset()
    stream: bool = False
    tools: int = 0
    purpose: str | None = None
    tokens: int | None = None


APPS: Final = (
    _App(name="billing", share=30, models=("deepseek-r1",), groups=frozenset({"finance"})),
    _App(name="search", share=25, models=("smollm2",), tokens=512),
    _App(
        name="support", share=15, models=("deepseek-r1", "gpt"), stream=True, purpose="assistance"
    ),
    _App(name="legal", share=8, models=("claude", "deepseek-r1"), stream=True),
    _App(name="research", share=8, models=("deepseek-r1",), groups=frozenset({"ml"}), stream=True),
    _App(name="coding", share=8, models=("deepseek-r1", "gpt"), stream=True, tools=4),
    _App(name="hr", share=4, models=("deepseek-r1",), stream=True),
    _App(name="batch", share=2, models=("deepseek-r1",), purpose="distillation", tokens=8192),
)


def _facts(build: Build, dice: random.Random, now: datetime) -> Facts:
    app = dice.choices(APPS, [one.share for one in APPS])[0]
    model = dice.choices(app.models, (9, 1)[: len(app.models)])[0]
    return facts(
        principal=Principal(
            subject=app.name,
            tenant="acme",
            app=app.name,
            groups=app.groups,
            credential_id=app.name,
            method="api-key",
        ),
        call=_call(app),
        scan=_scan(dice),
        model=model,
        candidates=candidates(
            model, _deployments(model), app=app.name, build=build, harvest={}, proofs={}
        ),
        build=build,
        now=now,
    )


def _call(app: _App) -> Call:
    return Call(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=app.stream,
        document={},
        segments=(
            Segment(path=("messages", 0), origin="user", text=""),
            Segment(path=("messages", 1), origin="tool", text=""),
        ),
        tools=frozenset(f"t{i}" for i in range(app.tools)),
        modalities=frozenset({"text"}),
        purpose=app.purpose,
        max_output_tokens=app.tokens,
    )


def _scan(dice: random.Random) -> Scan:
    kinds = dice.choices((0, 1, 2, 3), (50, 30, 15, 5))[0]
    found = [
        Finding(segment=0, start=0, end=1, entity=entity, score=1.0, detector="x")
        for entity in sorted(set(dice.choices(_ENTITIES, _WEIGHT, k=kinds)))
        for _ in range(dice.choices((1, 3), (70, 30))[0])
    ]
    if found and dice.random() < 0.1:
        found.append(replace(found[0], segment=1))
    unscannable = frozenset({"image"}) if dice.random() < 0.02 else frozenset[str]()
    return Scan(findings=tuple(found), unscannable=unscannable)


def _deployments(model: str) -> list[Deployment]:
    house = Deployment(
        name=f"{model}-a",
        kind="openai",
        base_url="http://10.0.0.5/v1",
        model=model,
        operator="self",
        zone="in-house",
        datacentre="JP",
        weights="deepseek-r1",
    )
    match model:
        case "deepseek-r1":
            azure = replace(
                house,
                name="azure",
                base_url="https://x.services.ai.azure.com/models",
                operator="azure",
                zone="trusted-cloud",
                datacentre="US",
            )
            return [house, azure]
        case "smollm2":
            return [replace(house, weights="smollm2")]
        case "gpt":
            return [
                replace(
                    house,
                    base_url="https://api.openai.com/v1",
                    operator="openai",
                    zone="public-cloud",
                    datacentre="US",
                    weights="openai-hosted",
                )
            ]
        case _:
            return [
                replace(
                    house,
                    base_url="https://api.anthropic.com/v1",
                    operator="anthropic",
                    zone="public-cloud",
                    datacentre="US",
                    weights="anthropic-hosted",
                )
            ]
