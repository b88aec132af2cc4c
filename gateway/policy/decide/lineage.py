"""The origin of weights, and the permitted use of their outputs.

The use of outputs is the strictest among the weights' licences, a statement about the weights themselves, and
the operator's terms; the clause that states it is cited.
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
    """A statement about the use of outputs, and its source."""

    use: OutputUse
    conditions: str
    source: str
    as_of: str


_NOTHING = Clause(
    use="unknown", conditions="", source="no row of policies/data states it", as_of=""
)


@lru_cache(maxsize=_CACHE_SIZE)
def clause(operator: str, weights: str, build: Build) -> Clause:
    """The strictest clause on outputs of these weights as this operator serves them."""
    # No clause at all: licences that say nothing about outputs, which is not a permission.
    clauses = list(_clauses(operator, weights, build)) or [_NOTHING]
    return min(clauses, key=lambda clause: _STRICTNESS.index(clause.use))


@lru_cache(maxsize=_CACHE_SIZE)
def row(operator: str, weights: str, build: Build) -> Mapping[str, str]:
    """The lineage of an output, for the audit record: the weights, their developer, base and teacher, and the clause."""
    known = build.data["models"].get(weights, {})
    cited = clause(operator, weights, build)
    return {
        "weights": weights,
        "developer": known.get("developer", ""),
        "base": known.get("base", ""),
        "teacher": known.get("teacher", ""),
        "licences": ", ".join(known.get("licences", ())),
        "output_use": cited.use,
        "conditions": cited.conditions,
        "source": cited.source,
        "as_of": cited.as_of,
    }


def developers(weights: str, models: Mapping[str, Json]) -> tuple[str, ...]:
    """The developers of weights and of everything that they derive from, the nearest first."""
    found: dict[str, None] = {}
    seen: set[str] = set()
    # `seen`: rows are written by hand, and two of them may name each other as their base.
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
        licence = build.data["licences"][name]
        use: OutputUse | None = licence["output_use"]
        # A licence that nobody has confirmed permits nothing.
        if "licences" in known["unconfirmed"]:
            use = "unknown"
        if use is not None:
            yield Clause(
                use=use,
                conditions=licence["conditions"],
                source=licence["source"],
                as_of=licence["as_of"],
            )


def _outputs(terms: Json) -> Clause:
    return Clause(
        use=terms["use"],
        conditions=terms["conditions"],
        source=terms["source"],
        as_of=terms["as_of"],
    )
