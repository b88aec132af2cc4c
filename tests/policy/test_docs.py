"""The page on policies says what the policies say."""

import re

from gateway.policy.compile.build import Build
from gateway.policy.compile.source import read
from gateway.types import Json
from tests.parts.opa import ROOT
from tests.policy.conftest import POLICIES

PAGE = ROOT / "docs" / "policies.md"


def row(name: str, pack: Json) -> str:
    denials = "; ".join(
        " and ".join(
            f"{axis.replace('_', ' ')} {', '.join(values)}"
            for axis, values in denial.items()
            if values
        )
        for denial in pack["denies"]
    )
    dated = f"{pack['dated']}{' (unconfirmed)' if pack['unconfirmed'] else ''}"
    return f"| `{name}` | {dated} | {denials} | {pack['source']} |"


def test_the_table_of_packs_is_what_the_packs_say() -> None:
    packs = read(POLICIES).documents["packs"]
    table = PAGE.read_text().partition("<!-- packs: compared")[2].partition("<!-- packs: end")[0]
    assert re.findall(r"^\| `.*$", table, re.MULTILINE) == [
        row(name, pack) for name, pack in sorted(packs.items())
    ]


def test_what_exceptions_cannot_override_is_listed(shipped: Build) -> None:
    fixed = [row["id"] for row in shipped.data["rule_metadata"].values() if not row["excusable"]]
    (listed,) = re.findall(
        r"An exception ends with its last day\. (.*?) can't be overridden",
        PAGE.read_text(),
        re.DOTALL,
    )
    assert set(re.findall(r"`([a-z-]+)`", listed)) == set(fixed)
