"""Where weights come from, and what may be done with what they write.

The use of outputs is the strictest that the weights' licences, a statement about the weights themselves, and
the operator's terms say; whichever says it is the clause that is cited.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from gateway.policy.compile.build import Build
from gateway.types import Json, OutputUse

_STRICTNESS: tuple[OutputUse, ...] = ("forbidden", "unknown", "conditional", "allowed")
_CACHE_SIZE = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """What a text says of outputs, and where to read it."""

    use: OutputUse
    conditions: str
    source: str
    as_of: str


_NOTHING = Clause(use="unknown", conditions="", source="no row of policies/data says", as_of="")


@lru_cache(maxsize=_CACHE_SIZE)
def clause(operator: str, weights: str, build: Build) -> Clause:
    """The strictest clause on outputs of these weights as this operator serves them."""
    said = list(_clauses(operator, weights, build)) or [_NOTHING]
    return min(said, key=lambda clause: _STRICTNESS.index(clause.use))


@lru_cache(maxsize=_CACHE_SIZE)
def row(operator: str, weights: str, build: Build) -> Mapping[str, str]:
    """The lineage of an output, for the record: whose weights, made from what, under which clause."""
    known = build.data["models"].get(weights, {})
    said = clause(operator, weights, build)
    return {
        "weights": weights,
        "developer": known.get("developer", ""),
        "base": known.get("base", ""),
        "teacher": known.get("teacher", ""),
        "licences": ", ".join(known.get("licences", ())),
        "output_use": said.use,
        "conditions": said.conditions,
        "source": said.source,
        "as_of": said.as_of,
    }


def developers(weights: str, models: Mapping[str, Json]) -> tuple[str, ...]:
    """The developers of weights and of all that they were made from, the nearest first."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    while weights in models and weights not in seen:
        seen.add(weights)
        found[models[weights]["developer"]] = None
        weights = models[weights]["base"]
    return tuple(found)


def _clauses(operator: str, weights: str, build: Build) -> Iterator[Clause]:
    known = build.data["models"].get(weights)
    if known is None:
        yield _NOTHING
    elif known["outputs"] is not None:
        yield _outputs(known["outputs"])
    else:
        yield from _licences(known, build)
    terms = build.data["operators"].get(operator, {}).get("outputs")
    if terms is not None:
        yield _outputs(terms)


def _licences(known: Json, build: Build) -> Iterator[Clause]:
    for name in known["licences"]:
        said = build.data["licences"][name]
        use: OutputUse | None = said["output_use"]
        # A licence that nobody has confirmed permits nothing.
        if "licences" in known["unconfirmed"]:
            use = "unknown"
        if use is not None:
            yield Clause(
                use=use, conditions=said["conditions"], source=said["source"], as_of=said["as_of"]
            )


def _outputs(said: Json) -> Clause:
    return Clause(
        use=said["use"], conditions=said["conditions"], source=said["source"], as_of=said["as_of"]
    )
