"""Values that the JSON Schemas of a request constrain, so that a placeholder can't replace them.

A model whose output must satisfy ``format: email`` can't write a placeholder, and a validator refuses a schema with a placeholder as
a default or a number. Such values get a surrogate.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import regex

from gateway import timeouts
from gateway.types import Call, Json, Path, Segment

Pattern: TypeAlias = Any
"""A compiled pattern of the package ``regex``, which is published without types. Unlike ``re``, it has time-outs."""

_ENTITIES: Final = {
    "email": "EMAIL_ADDRESS",
    "idn-email": "EMAIL_ADDRESS",
    "ipv4": "IP_ADDRESS",
    "ipv6": "IP_ADDRESS",
    "uri": "URL",
    "iri": "URL",
    "date": "DATE_OF_BIRTH",
    "phone": "PHONE_NUMBER",
}
"""The entity whose values a ``format`` accepts (JSON Schema 2020-12, validation, section 7.3)."""
_NUMBERS: Final = frozenset({"number", "integer"})
_MAX_PATTERNS, _MAX_PATTERN_LENGTH = 32, 1000


@dataclass(slots=True, kw_only=True)
class Patterns:
    """The patterns of a request's schemas.

    Callers write the patterns, and matching can take exponential time: after one time-out, no pattern matches any more.
    """

    compiled: tuple[Pattern, ...] = ()
    _timed_out: bool = field(default=False, compare=False)
    _matching: dict[str, tuple[Pattern, ...]] = field(
        default_factory=dict, compare=False, repr=False
    )

    def matching(self, value: str) -> tuple[Pattern, ...]:
        """The patterns that the value matches."""
        known = self._matching.get(value)
        if known is None:
            found = (one for one in self.compiled if self._match(one, value))
            known = self._matching[value] = tuple(found)
        return known

    def accept(self, value: str, surrogate: str) -> bool:
        """Whether the surrogate matches each pattern that the value matches."""
        return all(self._match(one, surrogate) for one in self.matching(value))

    def _match(self, pattern: Pattern, text: str) -> bool:
        if self._timed_out:
            return False
        try:
            return pattern.search(text, timeout=timeouts.SCHEMA_PATTERN) is not None
        except TimeoutError:
            self._timed_out = True
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraints:
    """What the schemas of a request require of values."""

    entities: frozenset[str] = frozenset()
    patterns: Patterns = field(default_factory=Patterns)
    numbers: bool = False
    """Whether a schema accepts numbers."""
    constrained_segments: frozenset[int] = frozenset()
    """Indices of the segments in a schema whose values the schema itself constrains."""

    def needs_surrogate(self, segment: int, entity: str, value: str) -> bool:
        """Whether a placeholder for the value would violate a schema."""
        return (
            segment in self.constrained_segments
            or entity in self.entities
            or (self.numbers and value.isdecimal())
            or bool(self.patterns.matching(value))
        )

    def allows(self, value: str, surrogate: str) -> bool:
        """Whether the surrogate matches each pattern that the value matches."""
        return self.patterns.accept(value, surrogate)


def constraints(call: Call) -> Constraints:
    """The constraints of the schemas in the call."""
    written = [(i, s) for i, s in enumerate(call.segments) if s.origin == "schema"]
    if not written:
        return Constraints()
    schemas = list(_schemas(call.document, (segment.path for _, segment in written)))
    texts = [schema["pattern"] for schema in schemas if isinstance(schema.get("pattern"), str)]
    return Constraints(
        entities=frozenset(
            _ENTITIES[schema["format"]] for schema in schemas if _entity(schema.get("format"))
        ),
        patterns=Patterns(compiled=tuple(_compiled(texts))),
        numbers=any(_is_number(schema) for schema in schemas),
        constrained_segments=frozenset(
            index for index, segment in written if _is_constrained(call.document, segment)
        ),
    )


def _schemas(document: Json, paths: Iterable[Path]) -> Iterator[dict[str, Json]]:
    """Each object on the path to a text of a schema, and those directly below (such as ``items``)."""
    seen: set[int] = set()
    # Each container is read once: thousands of texts may be in the same.
    containers = {id(node): node for path in paths for node in _ancestors(document, path)}
    for container in containers.values():
        below = container.values() if isinstance(container, dict) else container
        for schema in (container, *below):
            if isinstance(schema, dict) and id(schema) not in seen:
                seen.add(id(schema))
                yield schema


def _ancestors(document: Json, path: Path) -> Iterator[dict[str, Json] | list[Json]]:
    """The containers on the path, the outermost first, the value at the path included when it is one."""
    node = document
    for step in path:
        yield node
        node = node[step]
    if isinstance(node, dict | list):
        yield node


def _is_constrained(document: Json, segment: Segment) -> bool:
    """Whether the enclosing schema constrains the value; titles and descriptions are free text."""
    if segment.place == "number":
        return True
    around = [node for node in _ancestors(document, segment.path) if isinstance(node, dict)]
    keyword = next((step for step in reversed(segment.path) if isinstance(step, str)), "")
    return keyword in {"default", "const", "enum", "example", "examples", "pattern"} and bool(
        around and ("format" in around[-1] or "pattern" in around[-1])
    )


def _entity(format_: Json) -> bool:
    return isinstance(format_, str) and format_ in _ENTITIES


def _is_number(schema: dict[str, Json]) -> bool:
    kinds = schema.get("type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and kind in _NUMBERS for kind in kinds)


def _compiled(written: Iterable[str]) -> Iterator[Pattern]:
    short = [one for one in dict.fromkeys(written) if len(one) <= _MAX_PATTERN_LENGTH]
    for pattern in short[:_MAX_PATTERNS]:
        with suppress(regex.error):
            yield regex.compile(pattern)
