"""``sekisho policy diff``: the differences between two sets of policies, and the decisions that they change."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import FAULT, AsJson, exit_with, print_json
from gateway.errors import ConfigError
from gateway.policy.compile.bundle import load
from gateway.policy.lab.difference import Difference, difference

Before = Annotated[Path, typer.Argument(help="A policy folder, or a bundle.")]
After = Annotated[Path, typer.Argument(help="Another folder or bundle.")]


def diff(before: Before, after: After, as_json: AsJson = False) -> None:
    """Compare rules, data, and decisions over a grid of requests; exit 1 when anything differs."""
    try:
        found = asyncio.run(difference(load(before), load(after)))
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    if as_json:
        print_json(asdict(found))
    else:
        _print(found)
    if not found.is_empty:
        raise typer.Exit(FAULT)


def _print(found: Difference) -> None:
    for title, lines in (("rules", found.rules), ("data", found.data)):
        typer.echo(f"{title}: {len(lines)} differ" if lines else f"{title}: the same")
        for line in lines:
            typer.echo(f"  {line}")
    typer.echo(f"decisions: {len(found.decisions)} of {found.scenes} differ")
    for changed in found.decisions:
        reasons = f"{_reasons_text(changed.before)} -> {_reasons_text(changed.after)}"
        typer.echo(f"  {changed.change.replace('_', ' ')}: {changed.scene}: {reasons}")


def _reasons_text(reasons: tuple[str, ...]) -> str:
    return ", ".join(reasons) if reasons else "allowed"
