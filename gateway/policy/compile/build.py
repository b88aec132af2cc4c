"""A policy revision is a build: validated rules and data, identified by the hash of their contents.

The OPA server, the embedded engine, the tests and replay load the build and nothing else, so that no
engine can read another set of files from the same folder.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from gateway.errors import ConfigError
from gateway.policy.compile.crosscheck import cross_faults
from gateway.policy.compile.data_document import data_document
from gateway.policy.compile.lint import call_faults, rule_faults
from gateway.policy.compile.source import read
from gateway.text.destination import provider_name
from gateway.types import Json

REVISION = "sekisho_revision"
"""The key of a build's data that holds its revision."""

_NAMES = re.compile(r"[(),]")
_RULE_LIST = "main/rule_list.rego"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Build:
    """Rules by file name, and the one data document that they read. ``revision`` is a SHA-256, in hex.

    ``tests`` are the rules' own; they are no part of the revision. A build is compared by identity, so that
    what is derived from it can be remembered with it as the key.
    """

    revision: str
    modules: Mapping[str, str] = field(repr=False)
    data: Mapping[str, Json] = field(repr=False)
    tests: Mapping[str, str] = field(repr=False, default_factory=dict)

    def denied_hosts(self) -> tuple[str, ...]:
        """Host patterns of operators that are denied, by their row or by an enforced pack.

        The connector refuses them as well.
        """
        denied = set(self._denied_by_packs())
        return tuple(
            host
            for name, row in self.data["operators"].items()
            if row["status"] == "denied" or name in denied
            for host in row["hosts"]
        )

    def denied_providers(self) -> tuple[str, ...]:
        """Names of the operators that no router may choose, as ``provider_name`` spells them.

        Those that are denied by an enforced pack or by their row. A row that is denied because its facts are unconfirmed counts
        only if its country is denied: ``providers`` is the user's own list, and holds others by intent.
        """
        packs = set(self._denied_by_packs())
        countries = self.data["settings"]["denied_countries"]["operator"]
        names = {
            provider_name(name)
            for operator, row in self.data["operators"].items()
            if operator in packs
            or (
                row["status"] == "denied"
                and (not row.get("unconfirmed") or row["country"] in countries)
            )
            # A display name may hold others: "Volcano Engine (ByteDance)".
            for name in (operator, *_NAMES.split(row["name"]))
        }
        return tuple(sorted(names - {""}))

    def _denied_by_packs(self) -> list[str]:
        """Operators that an enforced pack refuses for every request."""
        return [
            operator
            for name, denials in self.data["packs"].items()
            if self.data["rule_metadata"][name]["mode"] == "enforce"
            for denial in denials
            # A denial on a second axis refuses only some requests, which the connector can't distinguish.
            if denial.keys() == {"operators"}
            for operator in denial["operators"]
        ]


def build(folder: Path) -> Build:
    """Validate a policy folder and build it.

    Raises:
        ConfigError: with every fault found, as ``file:line: what was expected``.
    """
    source = read(folder)
    if not source.modules:
        source.faults.append(f"{folder}: holds no rules")
    # Every check runs, so that one attempt reports all faults.
    source.faults += call_faults(source.modules)
    source.faults += rule_faults(source.modules, source.metadata)
    if _RULE_LIST in source.modules:
        source.faults.append(f"{_RULE_LIST}: the build writes this file; remove it")
    source.faults += [
        f"rules/{rule}: expected tests beside it, in {rule}_test.rego"
        for rule in source.metadata
        if f"rules/{rule}/{rule}_test.rego" not in source.tests
    ]
    cross_faults(source)
    if source.faults:
        raise ConfigError(source.faults)
    modules = {**source.modules, _RULE_LIST: _rule_list(source.metadata)}
    return revision(modules, data_document(source.documents, source.metadata), source.tests)


def _rule_list(rules: Iterable[str]) -> str:
    """A generated module that lists each rule's ``deny`` set, so that a new rule needs nothing but its folder.

    Rules are named literally: for a computed name, the engines would evaluate every package.
    """
    lines = "".join(f'\t"{rule}": data.rules.{rule}.deny,\n' for rule in sorted(rules))
    return f"package rule_list\n\ndenied := {{\n{lines}}}\n"


def revision(
    modules: Mapping[str, str], data: Mapping[str, Json], tests: Mapping[str, str] | None = None
) -> Build:
    """The build of these contents, identified by their hash."""
    digest = hashlib.sha256()
    # Sorted: neither the order of files nor that of keys is part of a policy.
    digest.update(orjson.dumps([sorted(modules.items()), data], option=orjson.OPT_SORT_KEYS))
    name = digest.hexdigest()
    # Added after hashing: the revision is part of the data that rules read, and can't hash itself.
    return Build(
        revision=name, modules=dict(modules), data={**data, REVISION: name}, tests=tests or {}
    )
