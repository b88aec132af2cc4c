"""Reading the settings: one YAML file with ``${NAME}`` interpolation."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.settings.root import Settings
from gateway.text.yaml_document import Loader

# Only names of environment variables: `$`, `${}` and shell forms such as `${A:-b}` stay literal text.
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def load(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and validate the configuration at ``path``, including the keys and files that it names.

    Raises:
        ConfigError: with every fault found, one line each.
    """
    environ = os.environ if environ is None else environ
    settings = read(path, environ)
    if faults := settings.faults(environ):
        raise ConfigError(faults)
    return settings


def read(path: Path, environ: Mapping[str, str]) -> Settings:
    """Read the configuration at ``path`` without checking the keys and files that it names.

    Raises:
        ConfigError: with every fault in the file itself, one line each.
    """
    faults: list[str] = []
    document = _interpolate(_parsed(path), environ, "", faults)
    # Before validation: the empty text in place of a variable would cause misleading faults.
    if faults:
        raise ConfigError(faults)
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        raise ConfigError([_line(fault) for fault in error.errors()]) from None


class _UniqueKeyLoader(Loader):
    """Refuses duplicate keys: PyYAML would silently use the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            # Compared as values: `1` and `0x1` are the same key.
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _parsed(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506  # it is a SafeLoader
    except OSError as error:
        raise ConfigError([f"{path}: can't be read: {error.strerror}"]) from None
    except UnicodeDecodeError as error:
        raise ConfigError([f"{path}: not UTF-8: byte {error.start}"]) from None
    except yaml.YAMLError as error:
        raise ConfigError([f"{path}: not valid YAML: {error}"]) from None


def _interpolate(value: Any, environ: Mapping[str, str], where: str, faults: list[str]) -> Any:
    if isinstance(value, dict):
        return {k: _interpolate(v, environ, f"{where}.{k}", faults) for k, v in value.items()}
    if isinstance(value, list):
        return [_interpolate(v, environ, f"{where}.{i}", faults) for i, v in enumerate(value)]
    if isinstance(value, str):  # values only: a key from the environment could rename a setting
        return _VARIABLE.sub(lambda match: _variable(match[1], environ, where, faults), value)
    return value


def _variable(name: str, environ: Mapping[str, str], where: str, faults: list[str]) -> str:
    if name not in environ:
        faults.append(f"{where.lstrip('.')}: the environment variable {name} is not set")
    return environ.get(name, "")


def _line(fault: Any) -> str:
    where = ".".join(str(step) for step in fault["loc"]) or "(root)"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "unknown key; see docs/configuration.md for the keys that exist"
    return f"{where}: {message}"
