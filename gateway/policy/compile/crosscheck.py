"""References between documents: each name must be a row of the document that it refers to."""

from collections.abc import Iterable
from typing import Final

from gateway.policy.compile.source import Source
from gateway.types import Json

_ANY: Final = "*"


def cross_faults(source: Source) -> None:
    """Add a fault for every reference without a target.

    A document that could not be read is skipped: its own faults are reported already.
    """
    _models(source)
    _apps(source)
    _exceptions(source)
    _packs(source)


def _models(source: Source) -> None:
    for name, row in _rows(source, "models"):
        _each(source, "models", (name, "licences"), row["licences"], "licences")
        _each(source, "models", (name, "base"), [row["base"]] if row["base"] else [], "models")


def _apps(source: Source) -> None:
    document = source.documents.get("apps")
    if document is None:
        return
    rows = [(("apps", name), row) for name, row in document["apps"].items()]
    for steps, row in [(("default",), document["default"]), *rows]:
        wanted = [*(row["purposes"] or ()), *([row["purpose"]] if row["purpose"] else ())]
        _each(source, "apps", (*steps, "purposes"), wanted, "purposes")


def _exceptions(source: Source) -> None:
    excusable = {row["id"] for row in source.metadata.values() if row["excusable"]}
    # An exception may override any pack, but of the rules only those that permit it.
    allowed = excusable | set(source.documents.get("packs") or ())
    for name, row in _rows(source, "exceptions"):
        if row["reason"] not in allowed:
            message = f"expected the id of a reason that exceptions may override: {', '.join(sorted(allowed))}"
            source.fault("exceptions", (name, "reason"), message)
        _each(source, "exceptions", (name, "operators"), row["operators"], "operators")


def _packs(source: Source) -> None:
    settings = source.documents.get("settings")
    if settings is not None:
        _each(source, "settings", ("packs",), settings["packs"], "packs")
    for name, pack in _rows(source, "packs"):
        for index, denial in enumerate(pack["denies"]):
            steps = ("denies", index, "operators")
            _each(source, f"packs/{name}", steps, denial["operators"] or (), "operators")
        if name in source.metadata:
            source.fault(f"packs/{name}", (), "expected another name: a rule has this one")


def _rows(source: Source, document: str) -> list[tuple[str, Json]]:
    rows = source.documents.get(document) or {}
    return [(name, row) for name, row in rows.items() if row is not None]


def _each(
    source: Source,
    document: str,
    steps: tuple[str | int, ...],
    names: Iterable[str],
    target: str,
) -> None:
    """A fault for each name that the target document, where it could be read, has no row for."""
    known = source.documents.get(target)
    for name in names:
        if known is not None and name not in known and name != _ANY:
            source.fault(document, steps, f"no row of {target} is named {name!r}")
