"""The ``sekisho`` command: one file per subcommand, one folder per group of them."""

import typer

from gateway import __version__
from gateway.cli import audit, check, demo, explain, serve, worker
from gateway.cli.detection import evaluate, scan
from gateway.cli.keys import api_keys, ring
from gateway.cli.models import list as list_models
from gateway.cli.models import probe, records
from gateway.cli.policy import build, diff, new, replay, tests

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

policy = typer.Typer(help="Check, test, build and compare policies.", no_args_is_help=True)
policy.command("check")(build.check)
policy.command("test")(tests.run_tests)
policy.command("build")(build.build_bundle)
policy.command("diff")(diff.diff)
policy.command("replay")(replay.replay_past)
policy.add_typer(new.app, name="new")
app.add_typer(policy, name="policy")

keys = typer.Typer(help="Create, rotate and revoke keys.", no_args_is_help=True)
keys.command("create")(api_keys.create)
keys.command("list")(api_keys.show)
keys.command("rotate")(api_keys.rotate_key)
keys.command("revoke")(api_keys.revoke)
keys.add_typer(ring.app, name="ring")
app.add_typer(keys, name="keys")

models = typer.Typer(help="Models and the deployments that serve them.", no_args_is_help=True)
models.command("list")(list_models.list_models)
models.command("probe")(probe.probe)
models.command("sign")(records.sign)
models.command("verify")(records.verify)
app.add_typer(models, name="models")
app.add_typer(audit.app, name="audit")


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


def main() -> None:
    """Run the command line."""
    app()
