"""Policies of a user: the shipped ones with the user's own rows, rules and packs."""

import shutil
from pathlib import Path
from typing import Any

import yaml


def overlaid(shipped: Path, target: Path, *overlays: Path) -> Path:
    """Copy ``shipped`` to ``target`` and add the overlays: rows to data that is there, and new files."""
    shutil.copytree(shipped, target)
    for overlay in overlays:
        for path in sorted(overlay.rglob("*.*")):
            _add(path, target / path.relative_to(overlay))
    return target


def _add(path: Path, target: Path) -> None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        return
    rows = _merged(yaml.safe_load(target.read_text()), yaml.safe_load(path.read_text()))
    target.write_text(yaml.safe_dump(rows, sort_keys=False, allow_unicode=True))


def _merged(under: Any, over: Any) -> Any:
    if not (isinstance(under, dict) and isinstance(over, dict)):
        return over
    return {**under, **{name: _merged(under.get(name), value) for name, value in over.items()}}
