"""``sekisho policy test``: runs the policies' own tests and measures their coverage."""

from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.common import FAULT, AsJson, exit_with, print_json
from gateway.errors import ConfigError
from gateway.policy.compile.bundle import load
from gateway.policy.compile.self_test import Report, run

Source = Annotated[Path, typer.Argument(help="The policy folder, or a bundle.")]
WithCoverage = Annotated[
    bool, typer.Option("--coverage", help="Report the lines that no test runs.")
]
Threshold = Annotated[
    float, typer.Option("--threshold", help="Fail below this coverage, in percent.")
]


def run_tests(
    source: Source = Path("policies"),
    coverage: WithCoverage = False,
    threshold: Threshold = 0.0,
    as_json: AsJson = False,
) -> None:
    """Run the tests of the rules; exit 1 when one fails, or when coverage is below the threshold."""
    try:
        report = run(load(source), coverage=coverage or threshold > 0)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    if as_json:
        print_json(_data(report))
    else:
        _print(report)
    if report.faults or report.percent < threshold:
        raise typer.Exit(FAULT)


def _data(report: Report) -> dict[str, Any]:
    return {
        "ok": not report.faults,
        "tests": len(report.outcomes),
        "faults": report.faults,
        "coverage": round(report.percent, 1) if report.coverage else None,
        "missed": {module.file: module.missed for module in report.coverage if module.missed},
    }


def _print(report: Report) -> None:
    for fault in report.faults:
        typer.echo(fault, err=True)
    typer.echo(f"{len(report.outcomes) - len(report.faults)} of {len(report.outcomes)} tests pass")
    for module in report.coverage:
        lines = ", ".join(map(str, module.missed))
        typer.echo(
            f"{module.percent:5.1f} %  {module.file}{f'  not run: {lines}' if lines else ''}"
        )
    if report.coverage:
        typer.echo(f"{report.percent:5.1f} %  of all rules")
