"""Files that the makers write."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_json(path: Path, document: Mapping[str, Any]) -> None:
    """Write a document with a line for each entry of a list."""
    parts = [f"{_text(name)}: {_lines(value)}" for name, value in sorted(document.items())]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def remove_traces(folder: Path) -> None:
    """Remove what the gateway logged, its lock files, and what readers of its audit log left."""
    for pattern in ("serve.log", "audit*.db-*", "audit*.lock"):
        for path in folder.glob(pattern):
            path.unlink()


def _lines(value: Any) -> str:
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(map(_text, value)) + "\n]"
    return _text(value)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
