"""Shared by all commands: options, exit codes, and output of faults and JSON."""

from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer

from gateway.errors import ConfigError
from gateway.settings.load import load
from gateway.settings.root import Settings

FAULT = 1
"""Exit code when a check found a fault."""
USAGE = 2
"""Exit code when the command can't be executed as given."""

Config = Annotated[Path, typer.Option("--config", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_CONFIG = Path("sekisho.yaml")


def load_or_exit(config: Path, *, as_json: bool = False) -> Settings:
    """Load the settings; on faults, print all of them and exit with code 1."""
    try:
        return load(config)
    except ConfigError as error:
        exit_with(error, as_json=as_json)


def exit_with(error: ConfigError, *, as_json: bool = False) -> NoReturn:
    """Print every fault and exit with code 1."""
    if as_json:
        print_json({"ok": False, "faults": error.faults})
    else:
        for fault in error.faults:
            typer.echo(fault, err=True)
    raise typer.Exit(FAULT) from None


def reason(error: Exception) -> str:
    """An error for a line of output: of an operating system's error, the file and the reason, without its number."""
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return str(error)


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    typer.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
