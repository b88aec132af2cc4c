"""Reading the files of 8218936, and comparing what it printed with what is printed now."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def read_json(path: Path) -> Any:
    return json.loads(path.read_text())


def known_fields(now: Any, then: Any) -> Any:
    """``now`` without the fields that ``then`` does not have: a later version may add some."""
    if isinstance(now, dict) and isinstance(then, dict):
        return {name: known_fields(now[name], then[name]) for name in then if name in now}
    if isinstance(now, list) and isinstance(then, list) and len(now) == len(then):
        return [known_fields(one, other) for one, other in zip(now, then, strict=True)]
    return now


def assert_continues(now: Sequence[dict[str, Any]], then: Sequence[dict[str, Any]]) -> None:
    """Every log of ``then`` has its old records unchanged, and newer ones that follow without a gap."""
    for origin in sorted({record["origin"] for record in then}):
        old, all_of_it = _log(then, origin), _log(now, origin)
        assert [record["sequence"] for record in all_of_it] == list(range(len(all_of_it)))
        assert len(all_of_it) > len(old) > 0
        assert known_fields(all_of_it[: len(old)], old) == old


def _log(records: Sequence[dict[str, Any]], origin: str) -> list[dict[str, Any]]:
    found = [record for record in records if record["origin"] == origin]
    return sorted(found, key=lambda record: int(record["sequence"]))
