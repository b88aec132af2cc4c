"""The ``sekisho`` command: one file per group of verbs."""

import typer

from gateway import __version__
from gateway.cli import audit, check, demo, explain, serve, worker
from gateway.cli.detection import evaluate, scan
from gateway.cli.keys import commands as keys
from gateway.cli.models import commands as models
from gateway.cli.policy import commands as policy

app = typer.Typer(
    name="sekisho",
    help="A security gateway in front of large language models.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command()(serve.serve)
app.command(hidden=True)(worker.worker)
app.command()(demo.demo)
app.command()(check.check)
app.command()(explain.explain)
app.command()(scan.scan)
app.command()(evaluate.evaluate)
app.add_typer(policy.app, name="policy")
app.add_typer(keys.app, name="keys")
app.add_typer(models.app, name="models")
app.add_typer(audit.app, name="audit")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line."""
    app()
