"""Which facts the rules read: what none of them reads can't change a decision.

Found in the text of the modules, and cautious: whatever is not plainly a field of ``input`` counts as
reading everything.
"""

import re
from collections.abc import Hashable
from dataclasses import dataclass, fields
from typing import Final

from gateway.policy.compile.build import Build
from gateway.types import Facts

_NO_CODE: Final = re.compile(r'#.*|"(?:[^"\\]|\\.)*"|`[^`]*`')
_FIELD: Final = re.compile(r"\binput\.(\w+)")
_WHOLE_INPUT: Final = re.compile(r"\binput\b(?!\.\w)")
_FINDINGS: Final = re.compile(r"\binput\.findings\b")
_NAMES_OF_FINDINGS: Final = re.compile(
    r"\b(?:some|every) \w+, _ in input\.findings\b(?!\[|\.)|^\s*input\.findings$", re.MULTILINE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class InputUsage:
    """``names``: the facts that are read. ``finding_names_only``: of findings, only which kinds there are."""

    names: frozenset[str]
    finding_names_only: bool

    def cache_key(self, known: Facts) -> tuple[Hashable, ...]:
        """What a decision over these facts depends on."""
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
"""The decision itself is made of these."""
_PLAIN: Final = tuple(field for field in fields(Facts) if field.name not in _ALWAYS)


def input_usage(build: Build) -> InputUsage:
    """What the rules of a build read."""
    text = "\n".join(_NO_CODE.sub('""', module) for module in build.modules.values())
    if _WHOLE_INPUT.search(text):
        return InputUsage(names=frozenset(field.name for field in _PLAIN), finding_names_only=False)
    return InputUsage(
        names=frozenset(_FIELD.findall(text)),
        finding_names_only=len(_FINDINGS.findall(text)) == len(_NAMES_OF_FINDINGS.findall(text)),
    )
