"""``sekisho check``: validate everything without serving."""

import os

import typer

from gateway.app import compose
from gateway.cli.common import DEFAULT_CONFIG, AsJson, Config, exit_with, load_or_exit, print_json
from gateway.errors import ConfigError


def check(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Validate the configuration, the key ring and the policies; list all faults; exit 1 on any."""
    settings = load_or_exit(config, as_json=as_json)
    try:
        gateway = compose(settings, os.environ)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    revision = gateway.pipeline.policy.current.build.revision
    if as_json:
        print_json({"ok": True, "faults": [], "policy": revision})
    else:
        typer.echo(f"{config}: no faults; policy revision {revision}")
