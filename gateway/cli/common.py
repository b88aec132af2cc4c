"""What every group of verbs shares: the options, and how faults are told."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from gateway.errors import ConfigError
from gateway.settings.load import load
from gateway.settings.root import Settings

FAULT = 1
"""Exit code when what was checked has a fault."""
USAGE = 2
"""Exit code when the command itself can't be carried out as given."""

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_CONFIG = Path("sekisho.yaml")


def load_or_exit(config: Path, *, as_json: bool = False) -> Settings:
    """The settings, or every fault on standard error and exit code 1."""
    try:
        return load(config)
    except ConfigError as error:
        exit_with(error, as_json=as_json)


def exit_with(error: ConfigError, *, as_json: bool = False) -> NoReturn:
    """Tell every fault and leave with exit code 1."""
    if as_json:
        print_json({"ok": False, "faults": error.faults})
    else:
        for fault in error.faults:
            typer.echo(fault, err=True)
    raise typer.Exit(FAULT) from None


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
