"""The data document that rules read: defaults filled in, lists expanded, packs turned into rules.

Rules then need no logic for fields that are left out, and few builtins.
"""

from collections.abc import Iterator, Mapping
from typing import Final, get_args

from gateway.policy.compile.schemas import Mode
from gateway.types import Json

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_TABLES: Final = ("treatment", "output")


def data_document(source: Mapping[str, Json], metadata: Mapping[str, Mapping[str, Json]]) -> Json:
    """The data of a revision, from validated documents, packs and rule metadata.

    Args:
        source: the documents by name, ``packs`` among them.
        metadata: the metadata of rules by the name of their folder.
    """
    modes = source["settings"]["packs"]
    rules = {
        **metadata,
        **{
            name: _pack_metadata(pack, modes.get(name, "off"))
            for name, pack in source["packs"].items()
        },
    }
    return {
        **source,
        "entities": _entities(source["entities"]),
        "apps": _apps(source["apps"]),
        "exceptions": _exceptions(source["exceptions"], rules),
        "packs": {name: _denials(pack) for name, pack in source["packs"].items()},
        "rule_metadata": rules,
        "modes": {
            mode: sorted(name for name, rule in rules.items() if rule["mode"] == mode)
            for mode in get_args(Mode)
        },
    }


def _entities(document: Json) -> Json:
    """Rows completed from the default, in the order of look-up: exact names, prefixes, the default."""
    return {
        "zones": document["zones"],
        **{
            table: {
                "exact": _rows(document, table, prefix=False),
                "prefixes": [
                    {"prefix": name.removesuffix("*"), "zones": zones}
                    for name, zones in sorted(
                        _rows(document, table, prefix=True).items(),
                        # The longest first: rules take the first prefix that fits.
                        key=lambda item: (-len(item[0]), item[0]),
                    )
                ],
                "otherwise": document["default"][table],
            }
            for table in _TABLES
        },
    }


def _rows(document: Json, table: str, *, prefix: bool) -> dict[str, dict[str, str]]:
    return {
        name: {**document["default"][table], **row[table]}
        for name, row in document["entities"].items()
        if name.endswith("*") == prefix
    }


def _apps(document: Json) -> Json:
    default = document["default"]
    return {
        "default": _app(default),
        "apps": {
            name: _app(
                # None is what was left out; false and an empty list are values.
                {**default, **{key: value for key, value in row.items() if value is not None}}
            )
            for name, row in document["apps"].items()
        },
        "groups": document["groups"],
    }


def _app(row: Json) -> Json:
    return {
        **row,
        "purpose": row["purpose"] or "",
        "reroute_to": row["reroute_to"] or "",
        "hours": sorted(_hours_of_the_week(row["hours"])),
    }


def _hours_of_the_week(rows: list[Json]) -> set[int]:
    """Hours since Monday 00:00; no row means every hour."""
    if not rows:
        return set(range(7 * 24))
    return {
        _DAYS.index(day) * 24 + hour
        for row in rows
        for day in row["days"]
        for hour in range(row["start"], row["end"])
    }


def _exceptions(rows: Json, rules: Mapping[str, Mapping[str, Json]]) -> Json:
    names = {rule["id"]: name for name, rule in rules.items()}
    return {name: {**row, "rule": names[row["reason"]]} for name, row in rows.items()}


def _denials(pack: Json) -> list[dict[str, Json]]:
    return [dict(_axes(denial)) for denial in pack["denies"]]


def _axes(denial: Json) -> Iterator[tuple[str, Json]]:
    # An empty axis is left out: rules require a match on every axis that is present.
    return ((axis, values) for axis, values in denial.items() if values)


def _pack_metadata(pack: Json, mode: str) -> dict[str, Json]:
    """A pack counts as a rule: it has an id, a mode and a remedy, and exceptions can override it."""
    return {
        "id": pack["id"],
        "title": pack["title"],
        "remedy": pack["remedy"],
        "code": pack["code"],
        "mode": mode,
        "excusable": True,
        "cites": "",
        "source": pack["source"],
    }
