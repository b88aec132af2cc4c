"""The differences between two revisions: rules, rows of data, and decisions over the grid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway.policy.compile.build import REVISION, Build
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.lab.grid import scenes
from gateway.policy.lab.trial import Change, change, ids
from gateway.types import Decision, Json

_DERIVED = {REVISION, "modes"}
"""Documents that are derived from others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDecision:
    """A scene that the two revisions decide differently."""

    scene: str
    change: Change
    before: tuple[str, ...]
    after: tuple[str, ...]
    """Ids of the reasons that refuse; empty where the scene is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """All differences. ``rules`` and ``data`` are lines such as ``+ name`` and ``~ name: field``."""

    rules: tuple[str, ...]
    data: tuple[str, ...]
    decisions: tuple[ChangedDecision, ...]
    scenes: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.rules or self.data or self.decisions)


async def difference(before: Build, after: Build) -> Difference:
    """Compare two builds. Engines are made, used and freed on the calling thread."""
    engines = [EmbeddedEngine(before), EmbeddedEngine(after)]
    deciders = [Decider(before, engines[0]), Decider(after, engines[1])]
    found: list[ChangedDecision] = []
    count = 0
    for scene in scenes(before, after):
        count += 1
        first = await deciders[0].decide(scene.facts(before))
        second = await deciders[1].decide(scene.facts(after))
        how = change(first, second)
        if how != "same":
            found.append(
                ChangedDecision(
                    scene=scene.name, change=how, before=_refused(first), after=_refused(second)
                )
            )
    for engine in engines:
        await engine.close()
    return Difference(
        rules=tuple(_rules(before, after)),
        data=tuple(_data(before, after)),
        decisions=tuple(found),
        scenes=count,
    )


def _refused(decision: Decision) -> tuple[str, ...]:
    return () if decision.allow else ids(decision.reasons)


def _rules(before: Build, after: Build) -> Iterator[str]:
    yield from _compared("", before.modules, after.modules)


def _data(before: Build, after: Build) -> Iterator[str]:
    for name in sorted((before.data.keys() | after.data.keys()) - _DERIVED):
        yield from _compared(f"{name}: ", before.data.get(name, {}), after.data.get(name, {}))


def _compared(title: str, before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"+ {title}{name}"
        elif name not in after:
            yield f"- {title}{name}"
        elif before[name] != after[name]:
            yield f"~ {title}{name}{_fields(before[name], after[name])}"


def _fields(before: Json, after: Json) -> str:
    if not (isinstance(before, dict) and isinstance(after, dict)):
        return ""
    names = [n for n in sorted(before.keys() | after.keys()) if before.get(n) != after.get(n)]
    return f" ({', '.join(names)})"
