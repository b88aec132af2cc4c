"""``sekisho policy``: check and build the policies."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.common import AsJson, exit_with, print_json
from gateway.errors import ConfigError
from gateway.policy.build import Build, build, write
from gateway.policy.embedded import EmbeddedEngine

app = typer.Typer(help="Check and build policies.", no_args_is_help=True)

SourceFolder = Annotated[Path, typer.Argument(help="The policy folder.")]
Output = Annotated[Path, typer.Option("--output", "-o", help="Where to write the bundle.")]


@app.command()
def check(source: SourceFolder = Path("policies"), as_json: AsJson = False) -> None:
    """Validate rules and data; list all faults; exit 1 on any."""
    built = _built(source, as_json=as_json)
    if as_json:
        print_json({"ok": True, "faults": [], "revision": built.revision})
    else:
        typer.echo(f"{source}: no faults; revision {built.revision}")


@app.command("build")
def build_bundle(
    source: SourceFolder = Path("policies"),
    output: Output = Path("bundle.tar.gz"),
    as_json: AsJson = False,
) -> None:
    """Write one OPA bundle, which the server and the gateway both load."""
    built = _built(source, as_json=as_json)
    write(built, output)
    if as_json:
        print_json({"ok": True, "revision": built.revision, "output": str(output)})
    else:
        typer.echo(f"{output}: revision {built.revision}")


def _built(source: Path, *, as_json: bool) -> Build:
    try:
        built = build(source)
        EmbeddedEngine(built)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    return built
