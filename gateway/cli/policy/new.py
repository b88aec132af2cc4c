"""``sekisho policy new``: the folder of a new rule or pack, with tests that fail until it is written."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.cli.common import USAGE

app = typer.Typer(help="Create a rule or a pack.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="Its name, also that of its folder.")]
Policies = Annotated[Path, typer.Option("--policies", help="The policy folder.")]

_RULE: Final = """# METADATA
# title: Describe the fault in a few words
# description: Describe what the rule refuses, and why.
# custom:
#   id: {id}
#   remedy: Describe what the caller can do.
#   code: policy_denied
#   mode: shadow
package rules.{name}

deny contains candidate.deployment if {{
	some candidate in input.candidates
	not permitted(candidate)
}}

# Define what is permitted: everything undefined is then refused.
permitted(candidate) if candidate.zone == "nowhere yet"
"""
_RULE_TEST: Final = """package rules.{name}_test

import data.rules.{name}
import data.sample

denied(changes, more) := found if {{
	found := {name}.deny with input as sample.request([object.union(sample.in_house, changes)], more)
}}

test_what_is_permitted_passes if count(denied({{}}, {{}})) == 0

test_what_is_not_is_refused if denied({{"zone": "public-cloud"}}, {{}}) == {{"r1-a"}}

test_what_cannot_be_read_is_refused if {{
	{name}.deny == {{"x"}} with input as {{"candidates": [{{"deployment": "x"}}]}}
}}
"""
_PACK: Final = """title: Name the authority whose rule this is
description: Describe what it requires, and how this pack interprets it.
dated: {today}
remedy: Describe what the caller can do.
code: provider_blocked
source: "URL of the rule"
as_of: {today}
denies:
  - operators: [deepseek]
"""
_PACK_TEST: Final = """package pack_tests.{id}_test

import data.pack
import data.sample

denied(changes, more) := found if {{
	found := pack.of("{name}") with input as sample.request([object.union(sample.cloud, changes)], more)
}}

test_others_pass if count(denied({{}}, {{}})) == 0

test_what_it_is_about_is_refused if denied({{"operator": "name-the-operator"}}, {{}}) == {{"cloud"}}

test_what_cannot_be_read_is_refused if {{
	pack.of("{name}") == {{"x"}} with input as {{"candidates": [{{"deployment": "x"}}]}}
}}
"""


@app.command()
def rule(name: Name, policies: Policies = Path("policies")) -> None:
    """Write ``rules/NAME``: a rule in shadow mode, and its tests."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        _refuse(f"{name}: expected lower-case letters, digits and '_'")
    values = {"name": name, "id": name.replace("_", "-")}
    _write(
        policies / "rules" / name,
        {f"{name}.rego": _RULE.format(**values), f"{name}_test.rego": _RULE_TEST.format(**values)},
    )


@app.command()
def pack(name: Name, policies: Policies = Path("policies")) -> None:
    """Write ``packs/NAME``: a pack that is switched off, and its tests."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9.]*-[a-z0-9.-]+", name):
        _refuse(f"{name}: expected lower-case letters, digits, '.' and at least one '-'")
    values = {
        "name": name,
        "id": re.sub(r"[^a-z0-9]", "_", name),
        "today": datetime.now(UTC).date().isoformat(),
    }
    _write(
        policies / "packs" / name,
        {"pack.yaml": _PACK.format(**values), "pack_test.rego": _PACK_TEST.format(**values)},
    )


def _write(folder: Path, files: dict[str, str]) -> None:
    if not folder.parent.is_dir():
        _refuse(f"{folder.parent}: no such folder; name the policy folder with --policies")
    if folder.exists():
        _refuse(f"{folder}: exists already")
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote {folder / name}")
    typer.echo("now make its tests pass: sekisho policy test")


def _refuse(message: str) -> None:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE)
