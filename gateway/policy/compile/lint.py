"""Checks of the form of rules, so that no rule is silently without effect and all engines agree.

A rule that defines no ``deny``, or whose package is misspelt, would be undefined, and what is undefined
denies nothing. The embedded engine resolves a builtin only when a rule calls it, so calls are checked here,
in the syntax tree, before any rule runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson
import regorus

from gateway.types import Json

BUILTINS = frozenset(
    {
        "abs",
        "array.concat",
        "ceil",
        "concat",
        "contains",
        "count",
        "endswith",
        "floor",
        "intersection",
        "is_array",
        "is_boolean",
        "is_number",
        "is_object",
        "is_set",
        "is_string",
        "max",
        "min",
        "object.get",
        "object.keys",
        "object.union",
        "sort",
        "startswith",
        "sum",
        "trim_prefix",
        "trim_suffix",
        "union",
    }
)
"""The builtins that rules may call: pure functions that OPA and the embedded engine both have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Module:
    """A parsed module: its package, the functions and sets it defines, and what it calls."""

    package: str
    functions: frozenset[str]
    sets: frozenset[str]
    calls: frozenset[str]


def call_faults(modules: Mapping[str, str]) -> list[str]:
    """Modules that can't be parsed, or that call what is neither a listed builtin nor defined."""
    faults: list[str] = []
    parsed = _parsed(modules, faults)
    known = BUILTINS | {f"data.{m.package}.{name}" for m in parsed.values() for name in m.functions}
    return faults + [
        f"{name}: calls {call}, which is not one of the builtins rules may use"
        for name, module in parsed.items()
        for call in sorted(module.calls)
        if known.isdisjoint({call, f"data.{module.package}.{call}"})
    ]


def rule_faults(
    modules: Mapping[str, str], metadata: Mapping[str, Mapping[str, Json]]
) -> list[str]:
    """Rules without effect, and reason ids that two rules share."""
    # `call_faults` has reported what can't be parsed.
    parsed = _parsed(modules, [])
    faults = [
        fault
        for name, module in parsed.items()
        if name.startswith("rules/")
        for fault in _form_faults(name, module)
    ]
    return faults + _id_faults(metadata)


def engine_message(error: Exception) -> str:
    """The engine's error message on one line, without its stack trace."""
    return " ".join(str(error).partition("Stack backtrace")[0].split())


def _form_faults(name: str, module: _Module) -> Iterator[str]:
    expected = f"rules.{name.split('/')[1]}"
    if module.package != expected:
        yield f"{name}: expected package {expected}, found {module.package}"
    if "deny" not in module.sets:
        yield f"{name}: expected a set named deny (deny contains candidate.deployment if …)"


def _id_faults(metadata: Mapping[str, Mapping[str, Json]]) -> list[str]:
    owners: dict[str, str] = {}
    faults: list[str] = []
    for rule, row in metadata.items():
        owner = owners.setdefault(row["id"], rule)
        if owner != rule:
            faults.append(f"rules/{rule}: the reason id {row['id']!r} is already that of {owner}")
    return faults


def _parsed(modules: Mapping[str, str], faults: list[str]) -> dict[str, _Module]:
    parsed: dict[str, _Module] = {}
    for name, text in modules.items():
        # An engine for each module, so that one that can't be parsed does not hide the faults of the others.
        engine = regorus.Engine()
        try:
            engine.add_policy(name, text)
            tree = orjson.loads(engine.get_ast_as_json())[0]["ast"]
            parsed[name] = _module(tree, text.encode())
        except (RuntimeError, ValueError) as error:  # ValueError: nested deeper than JSON is read
            faults.append(f"{name}: {engine_message(error)}")
    return parsed


def _module(tree: Json, text: bytes) -> _Module:
    rule_heads = [_head(rule) for rule in tree["rules"]]
    aliases = dict(_alias(imported, text) for imported in tree["imports"])
    return _Module(
        package=_dotted(tree["package"]["refr"]),
        functions=frozenset(name for kind, name in rule_heads if kind == "function"),
        sets=frozenset(name for kind, name in rule_heads if kind == "set"),
        calls=frozenset(_resolved(call, aliases) for call in _calls(tree["rules"])),
    )


def _head(rule: Json) -> tuple[str, str]:
    if "Default" in rule:
        return "function" if rule["Default"]["args"] else "value", _dotted(rule["Default"]["refr"])
    head = rule["Spec"]["head"]
    for form, kind in (("Func", "function"), ("Set", "set")):
        if form in head:
            return kind, _dotted(head[form]["refr"])
    return "value", ""


def _alias(imported: Json, text: bytes) -> tuple[str, str]:
    path = _dotted(imported["refr"])
    # The tree holds an alias as its position in the source, in bytes.
    alias = imported.get("as")
    if alias is None:
        return path.rpartition(".")[2], path
    return text[alias["start"] : alias["end"]].decode(), path


def _resolved(call: str, aliases: Mapping[str, str]) -> str:
    first, dot, rest = call.partition(".")
    return f"{aliases[first]}{dot}{rest}" if dot and first in aliases else call


def _calls(node: Json) -> Iterator[str]:
    if isinstance(node, dict):
        if "Call" in node:
            yield _dotted(node["Call"]["fcn"])
        for inner in node.values():
            yield from _calls(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from _calls(inner)


def _dotted(node: Json) -> str:
    """A reference as text. A computed part becomes ``?``, which names no function, so such a call is refused."""
    if "Var" in node:
        return str(node["Var"]["value"])
    if "RefDot" in node:
        return f"{_dotted(node['RefDot']['refr'])}.{node['RefDot']['field'][1]}"
    return "?"
