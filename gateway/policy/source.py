"""Reads ``policies/``: YAML with line numbers, and the metadata of rules."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from gateway.policy.schemas import DOCUMENTS, RuleMetadata
from gateway.types import Json

_METADATA = re.compile(r"^# METADATA\n((?:#.*\n)+)package rules\.([a-z0-9_]+)$", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Source:
    """What a policy folder holds, with every fault that was met in reading it."""

    modules: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Json] = field(default_factory=dict)
    metadata: dict[str, dict[str, str]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)


def read(folder: Path) -> Source:
    """Read and validate a policy folder; nothing is raised, every fault is collected."""
    source = Source()
    for path in sorted(folder.rglob("*.rego")):
        if not path.name.endswith("_test.rego"):
            source.modules[path.relative_to(folder).as_posix()] = path.read_text(encoding="utf-8")
    for name in source.modules:
        if name.startswith("rules/"):
            _read_metadata(source, name)
    found = {path.stem: path for path in sorted((folder / "data").glob("*.yaml"))}
    for name in found.keys() - DOCUMENTS.keys():
        source.faults.append(f"{found[name]}: not a data document; expected {_names(DOCUMENTS)}")
    for name, schema in DOCUMENTS.items():
        if name not in found:
            source.faults.append(f"{folder / 'data' / name}.yaml: missing")
        else:
            source.documents[name] = _read_document(source, found[name], schema)
    return source


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"{name}.yaml" for name in names)


def _read_metadata(source: Source, name: str) -> None:
    match = _METADATA.search(source.modules[name])
    if match is None:
        source.faults.append(f"{name}: expected a METADATA block right above 'package rules.…'")
        return
    try:
        block = yaml.safe_load(re.sub(r"^# ?", "", match[1], flags=re.MULTILINE))
        row = RuleMetadata.model_validate({"title": block["title"], **block["custom"]})
    except (yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        source.faults.append(f"{name}: METADATA: {_first_line(error)}")
        return
    source.metadata[match[2]] = row.model_dump()


def _read_document(source: Source, path: Path, schema: TypeAdapter[object]) -> Json:
    try:
        text = path.read_text(encoding="utf-8")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
        source.faults += _repeated_keys(path, node)
        return schema.dump_python(schema.validate_python(value), mode="json")
    except yaml.YAMLError as error:
        source.faults.append(f"{path}: not valid YAML: {_first_line(error)}")
    except ValidationError as error:
        source.faults += [_fault(path, node, fault) for fault in error.errors()]
    return None


def _fault(path: Path, node: Any, fault: Any) -> str:
    place = ".".join(str(step) for step in fault["loc"] if step != "[key]")
    return (
        f"{path}:{_line(node, fault['loc'])}: {place}: {fault['msg'].removeprefix('Value error, ')}"
    )


def _line(node: Any, steps: tuple[int | str, ...]) -> int:
    """The line of the innermost node that the steps lead to."""
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            inner = next((v for k, v in node.value if k.value == step), None)
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value)
        ):
            inner = node.value[step]
        else:
            inner = None
        if inner is None:
            break
        node = inner
    return int(node.start_mark.line) + 1 if node is not None else 1


def _repeated_keys(path: Path, node: Any) -> list[str]:
    faults: list[str] = []
    pending = [node]
    while pending:
        current = pending.pop()
        if isinstance(current, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in current.value:
                if key.value in seen:
                    faults.append(f"{path}:{key.start_mark.line + 1}: {key.value}: given twice")
                seen.add(key.value)
                pending.append(value)
        elif isinstance(current, yaml.SequenceNode):
            pending += current.value
    return faults


def _first_line(error: Exception) -> str:
    return str(error).replace("\n", " ")[:200]
