"""``sekisho check``: validate the complete configuration without serving."""

import os

import typer

from gateway.app import compose
from gateway.cli.common import DEFAULT_CONFIG, AsJson, Config, exit_with, load_or_exit, print_json
from gateway.detect.workers.fork_server import EngineFailed, construct
from gateway.errors import ConfigError
from gateway.settings.detection import Detect


def check(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Validate the configuration, the key ring, the policies and the recognisers; report all faults; exit 1 on any."""
    settings = load_or_exit(config, as_json=as_json)
    try:
        gateway = compose(settings, os.environ)
        _load_recognisers(settings.detect)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    revision = gateway.pipeline.policy.current.build.revision
    if as_json:
        print_json({"ok": True, "faults": [], "policy": revision})
    else:
        typer.echo(f"{config}: no faults; policy revision {revision}")


def _load_recognisers(detect: Detect) -> None:
    """Load custom recognisers the way a detector process does; their libraries are imported only if there are any.

    Raises:
        ConfigError: some of them can't be used.
    """
    faults = []
    for index, recogniser in enumerate(detect.recognisers):
        try:
            construct("gateway.detect.engine.custom:load", detect.languages, [recogniser.spec()])
        except EngineFailed as error:
            faults.append(f"detect.recognisers.{index}: {error}")
    if faults:
        raise ConfigError(faults)
