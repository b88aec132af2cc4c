"""Sample requests, called scenes, over which two revisions are compared: each row of their data occurs in one.

They are neither traffic nor random: both revisions decide the same scenes, and a scene's name states what it
covers.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, get_args

from gateway.policy.compile.build import Build
from gateway.policy.decide.facts import DECLARED, candidate
from gateway.types import Deployment, Facts, HarvestState, Proof, ProofState, Zone

_NOON: Final = 36
"""Tuesday 12:00, as an hour of the week."""
# Monday night, Tuesday noon and Sunday noon: within and outside of usual hours.
_HOURS: Final = (3, _NOON, 6 * 24 + 12)
_TOKENS: Final = (0, 1024, 1_000_000)
_BIAS: Final = (0.0, 0.25, 1.0)
_KINDS: Final = ("audio", "file", "image")
_COUNTRIES: Final = ("CN", "DE", "JP", "RU", "US")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A request to one deployment."""

    name: str
    deployment: Deployment
    app: str = "anybody"
    groups: tuple[str, ...] = ()
    model: str = "model"
    tools: str = "0"
    entities: tuple[str, ...] = ()
    unscannable: tuple[str, ...] = ()
    purpose: str = ""
    tokens: int = 0
    hour: int = _NOON
    harvest: HarvestState = "off"
    proof: Proof = DECLARED
    bias: float | None = None
    """A bias score that was measured on this day."""
    exceptions: tuple[str, ...] = ()

    def facts(self, build: Build) -> Facts:
        """The facts of the scene, resolved from this build's data."""
        days = None if self.bias is None else 0
        deployment = candidate(self.deployment, build, self.harvest, self.proof)
        deployment = replace(deployment, bias=self.bias, bias_days=days)
        return Facts(
            tenant="grid",
            app=self.app,
            groups=self.groups,
            dialect="openai",
            operation="chat.completions",
            model=self.model,
            stream=False,
            tools=self.tools,
            findings={entity: {"user": "1"} for entity in self.entities},
            unscannable=self.unscannable,
            modalities=("text", *self.unscannable),
            purpose=self.purpose,
            max_output_tokens=self.tokens,
            hour=self.hour,
            exceptions=tuple(name for name in self.exceptions if name in build.data["exceptions"]),
            candidates=(deployment,),
        )


def scenes(*builds: Build) -> Iterator[Scene]:
    """The scenes for these builds, from the rows that any of them has."""
    yield from _operators(builds)
    yield from _weights(builds)
    yield from _content(builds)
    yield from _apps(builds)
    yield from _exceptions(builds)


def _operators(builds: Sequence[Build]) -> Iterator[Scene]:
    for operator in _names(builds, "operators"):
        deployment = _served(builds, operator)
        yield Scene(name=f"operator {operator}", deployment=deployment)
    for country in _COUNTRIES:
        deployment = replace(_at("self", "in-house"), datacentre=country)
        yield Scene(name=f"data centre in {country}", deployment=deployment)


def _weights(builds: Sequence[Build]) -> Iterator[Scene]:
    for weights in _names(builds, "models"):
        deployment = replace(_at("self", "in-house"), weights=weights)
        yield Scene(name=f"weights {weights}", deployment=deployment)
        for purpose in _names(builds, "purposes"):
            yield Scene(
                name=f"weights {weights} for {purpose}", deployment=deployment, purpose=purpose
            )


def _content(builds: Sequence[Build]) -> Iterator[Scene]:
    for zone in get_args(Zone):
        deployment = (
            _at("self", zone) if zone in ("in-house", "device") else _served(builds, "openai")
        )
        deployment = replace(deployment, zone=zone)
        for entity in _entities(builds):
            yield Scene(name=f"{entity} to {zone}", deployment=deployment, entities=(entity,))
        for kind in _KINDS:
            yield Scene(name=f"{kind} to {zone}", deployment=deployment, unscannable=(kind,))
        for state in get_args(ProofState):
            yield Scene(
                name=f"{state} weights in {zone}", deployment=deployment, proof=Proof(state=state)
            )


def _apps(builds: Sequence[Build]) -> Iterator[Scene]:
    deployment = _at("self", "in-house")
    apps = ["anybody", *sorted({name for build in builds for name in build.data["apps"]["apps"]})]
    groups = sorted({name for build in builds for name in build.data["apps"]["groups"]})
    for app in apps:
        scene = Scene(name=f"app {app}", deployment=deployment, app=app)
        for model in _models(builds):
            yield replace(scene, name=f"app {app}, model {model}", model=model)
        for hour in _HOURS:
            yield replace(scene, name=f"app {app}, hour {hour}", hour=hour)
        for tokens in _TOKENS:
            yield replace(scene, name=f"app {app}, {tokens} output tokens", tokens=tokens)
        for group in groups:
            yield replace(scene, name=f"app {app}, group {group}", groups=(group,))
        for purpose in _names(builds, "purposes"):
            yield replace(scene, name=f"app {app} for {purpose}", purpose=purpose)
        for bias in _BIAS:
            yield replace(scene, name=f"app {app}, bias {bias}", bias=bias)
        yield replace(scene, name=f"app {app}, with a tool", tools="1")
        yield replace(scene, name=f"app {app}, harvesting", harvest="over")


def _exceptions(builds: Sequence[Build]) -> Iterator[Scene]:
    rows = {name: row for build in builds for name, row in build.data["exceptions"].items()}
    for name, row in rows.items():
        for app in row["apps"]:
            for operator in row["operators"]:
                yield Scene(
                    name=f"exception {name}, app {app}, operator {operator}",
                    deployment=_served(builds, operator),
                    app=app,
                    exceptions=(name,),
                )


def _names(builds: Iterable[Build], document: str) -> list[str]:
    return sorted({name for build in builds for name in build.data[document]})


def _models(builds: Iterable[Build]) -> list[str]:
    rows = [
        row
        for build in builds
        for row in (
            build.data["apps"]["default"],
            *build.data["apps"]["apps"].values(),
            *build.data["apps"]["groups"].values(),
        )
    ]
    return sorted({"model", *(model for row in rows for model in row["models"] if model != "*")})


def _entities(builds: Iterable[Build]) -> list[str]:
    found = {"EMAIL_ADDRESS"}
    for build in builds:
        table = build.data["entities"]["treatment"]
        found |= {*table["exact"], *(f"{row['prefix']}X" for row in table["prefixes"])}
    return sorted(found)


def _served(builds: Sequence[Build], operator: str) -> Deployment:
    """A deployment at one of the operator's own hosts."""
    rows = [
        build.data["operators"][operator] for build in builds if operator in build.data["operators"]
    ]
    hosts = [host for row in rows for host in row["hosts"]]
    if not hosts:
        return _at(operator, "in-house")
    deployment = _at(operator, "public-cloud")
    return replace(deployment, base_url=f"https://{hosts[0].replace('*', 'x')}/v1", datacentre="US")


def _at(operator: str, zone: Zone) -> Deployment:
    return Deployment(
        name="deployment",
        kind="openai",
        base_url="http://10.0.0.5/v1",
        model="m",
        operator=operator,
        zone=zone,
        datacentre="JP",
        weights="deepseek-r1",
    )
