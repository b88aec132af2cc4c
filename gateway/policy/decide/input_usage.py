"""Which facts the rules read: the others can't change a decision, so they need not be part of a cache key.

It is determined from the text of the modules, and conservatively: any use of ``input`` other than as
``input.<field>`` counts as reading everything.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass, fields
from typing import Final

from gateway.policy.compile.build import Build
from gateway.types import Facts

# Comments and strings, which may mention `input` without reading it.
_NO_CODE: Final = re.compile(r'#.*|"(?:[^"\\]|\\.)*"|`[^`]*`')
_FIELD: Final = re.compile(r"\binput\.(\w+)")
# `input` as a whole, or with a computed field: `input["x"]`, `f(input)`.
_WHOLE_INPUT: Final = re.compile(r"\binput\b(?!\.\w)")
_FINDINGS: Final = re.compile(r"\binput\.findings\b")
# Uses of the findings that ignore their counts: `some entity, _ in input.findings`, and a line that only requires
# that they are defined.
_NAMES_OF_FINDINGS: Final = re.compile(
    r"\b(?:some|every) \w+, _ in input\.findings\b(?!\[|\.)|^\s*input\.findings$", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUsage:
    """``names``: the facts that are read. ``finding_names_only``: whether only the entities of findings are."""

    names: frozenset[str]
    finding_names_only: bool

    def cache_key(self, known: Facts) -> tuple[Hashable, ...]:
        """The values that a decision over these facts depends on."""
        values = (getattr(known, field.name) for field in _PLAIN if field.name in self.names)
        return (*values, known.exceptions, known.candidates, self._findings(known))

    def _findings(self, known: Facts) -> Hashable:
        if self.finding_names_only:
            return tuple(sorted(known.findings))
        return tuple(
            (entity, tuple(sorted(origins.items())))
            for entity, origins in sorted(known.findings.items())
        )


_ALWAYS: Final = frozenset({"findings", "candidates", "exceptions"})
"""Part of every key: the gateway builds the decision from them, whatever the rules read."""
_PLAIN: Final = tuple(field for field in fields(Facts) if field.name not in _ALWAYS)


def input_usage(build: Build) -> InputUsage:
    """The facts that the rules of a build read."""
    # Replaced by an empty string, not removed: `input["x"]` must remain a computed field.
    text = "\n".join(_NO_CODE.sub('""', module) for module in build.modules.values())
    if _WHOLE_INPUT.search(text):
        return InputUsage(names=frozenset(field.name for field in _PLAIN), finding_names_only=False)
    return InputUsage(
        names=frozenset(_FIELD.findall(text)),
        # Every use must be one of these: a single other one may read the counts.
        finding_names_only=len(_FINDINGS.findall(text)) == len(_NAMES_OF_FINDINGS.findall(text)),
    )
