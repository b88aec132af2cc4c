"""Reads ``policies/``: YAML with line numbers, packs, rules with their metadata, and their tests."""

import errno
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from gateway.policy.compile.schemas import DOCUMENTS, PACK, RuleMetadata
from gateway.text.yaml_document import Loader, first_line, parse
from gateway.types import Json

# OPA's annotation block, right above the package line that it describes.
_METADATA = re.compile(r"^# METADATA\n((?:#.*\n)+)package rules\.([a-z0-9_]+)$", re.MULTILINE)
_SLUG = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(slots=True, kw_only=True)
class Source:
    """The contents of a policy folder, and every fault that was found while reading it."""

    modules: dict[str, str] = field(default_factory=dict)
    tests: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Json] = field(default_factory=dict)
    metadata: dict[str, dict[str, Json]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    nodes: dict[str, tuple[Path, Any]] = field(default_factory=dict)
    """The file and the YAML node of each document, for line numbers."""

    def fault(self, document: str, steps: tuple[str | int, ...], message: str) -> None:
        """Add a fault of a document that was read: its file, line and path, and what was expected."""
        path, node = self.nodes[document]
        # pydantic marks a fault in a mapping's key, as opposed to its value, with this step.
        steps_text = ".".join(str(step) for step in steps if step != "[key]")
        self.faults.append(f"{path}:{_line(node, steps)}: {steps_text}: {message}")


def read(folder: Path) -> Source:
    """Read and validate a policy folder; nothing is raised, every fault is collected."""
    source = Source()
    _read_modules(source, folder)
    # Also .yml, so that a misnamed document is reported and not silently ignored.
    found = {path.stem: path for path in sorted((folder / "data").glob("*.y*ml"))}
    for name, path in found.items():
        if name not in DOCUMENTS or path.suffix != ".yaml":
            source.faults.append(f"{path}: not a data document; expected {_names(DOCUMENTS)}")
    for name, schema in DOCUMENTS.items():
        if name not in found:
            source.faults.append(f"{folder / 'data' / name}.yaml: missing")
        else:
            source.documents[name] = _read_document(source, name, found[name], schema)
    source.documents["packs"] = _read_packs(source, folder / "packs")
    return source


def regular(path: Path) -> Path:
    """The path, once it is known to name a regular file, or nothing.

    Raises:
        OSError: it names something else.
    """
    # Opening a pipe waits until somebody writes to it, and a device may have no end: neither may hold up all later checks.
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a regular file")
    return path


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"{name}.yaml" for name in names)


def _read_modules(source: Source, folder: Path) -> None:
    for path in sorted(folder.rglob("*.rego")):
        name = path.relative_to(folder).as_posix()
        kept = source.tests if name.endswith("_test.rego") else source.modules
        try:
            kept[name] = regular(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            source.faults.append(f"{path}: can't be read: {first_line(error)}")
    for name in source.modules:
        if name.startswith("rules/"):
            _read_metadata(source, name)


def _read_metadata(source: Source, name: str) -> None:
    match = _METADATA.search(source.modules[name])
    if match is None:
        source.faults.append(f"{name}: expected a METADATA block right above 'package rules.…'")
        return
    try:
        block = parse(re.sub(r"^# ?", "", match[1], flags=re.MULTILINE))
        # Other annotations (description, scope) are OPA's and are not read here.
        row = RuleMetadata.model_validate({"title": block["title"], **block["custom"]})
    except (yaml.YAMLError, KeyError, TypeError, ValidationError) as error:
        source.faults.append(f"{name}: METADATA: {first_line(error)}")
        return
    source.metadata[match[2]] = row.model_dump()


def _read_packs(source: Source, folder: Path) -> Json:
    """The packs: each folder of ``packs/`` holds one ``pack.yaml``, and its name is the pack's id."""
    packs: dict[str, Json] = {}
    for path in sorted(path for path in folder.glob("*") if path.is_dir()):
        name = path.name
        if not _SLUG.fullmatch(name):
            source.faults.append(f"{path}: expected a name of small letters, digits, '-' and '.'")
        elif not (path / "pack.yaml").is_file():
            source.faults.append(f"{path / 'pack.yaml'}: missing")
        else:
            pack = _read_document(source, f"packs/{name}", path / "pack.yaml", PACK)
            packs[name] = None if pack is None else {"id": name, **pack}
    return packs


def _read_document(source: Source, name: str, path: Path, schema: TypeAdapter[object]) -> Json:
    try:
        loader = Loader(regular(path).read_text(encoding="utf-8"))
        node = loader.get_single_node()
        source.nodes[name] = (path, node)
        source.faults += _repeated_keys(path, node)
        # From the nodes that were read for line numbers, so that the file is parsed once.
        value = None if node is None else loader.construct_document(node)
        return schema.dump_python(schema.validate_python(value), mode="json")
    except (OSError, UnicodeDecodeError) as error:
        source.faults.append(f"{path}: can't be read: {first_line(error)}")
    except yaml.YAMLError as error:
        source.faults.append(f"{path}{_yaml_place(error)}: not valid YAML: {first_line(error)}")
    except ValidationError as error:
        for fault in error.errors():
            source.fault(name, fault["loc"], fault["msg"].removeprefix("Value error, "))
    return None


def _yaml_place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    return "" if mark is None else f":{mark.line + 1}"


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
    """Faults for keys that a mapping holds twice: PyYAML would silently keep the last one."""
    faults: list[str] = []
    pending = [node]
    visited: set[int] = set()
    while pending:
        current = pending.pop()
        # An anchor may hold an alias of itself.
        if id(current) in visited:
            continue
        visited.add(id(current))
        if isinstance(current, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in current.value:
                pending.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue  # ``{{ value }}``: the loader refuses a mapping as a key
                if key.value in seen:
                    faults.append(f"{path}:{key.start_mark.line + 1}: {key.value}: given twice")
                seen.add(key.value)
        elif isinstance(current, yaml.SequenceNode):
            pending += current.value
    return faults
