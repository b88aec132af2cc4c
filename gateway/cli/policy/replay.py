"""``sekisho policy replay``: what other policies would have decided for recorded requests.

Exit codes: 0 no change that ``--fail-on`` names, 1 such a change, 2 the command can't be executed.
"""

import re
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, NoReturn

import orjson
import typer

from gateway.audit.canonical import MalformedRecord
from gateway.audit.decisions import DecidedRequest, decisions, documents
from gateway.audit.store import StoreError, log_files, sqlite_path
from gateway.cli.common import DEFAULT_CONFIG, FAULT, USAGE, Config, load_or_exit
from gateway.cli.progress import DelayedProgress
from gateway.errors import ConfigError
from gateway.policy.compile.bundle import load
from gateway.policy.lab.replay import ReplayReport, replay
from gateway.policy.lab.replay_report import html, text

_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_CHANGES: Final = (
    "newly_denied",
    "newly_allowed",
    "other_destination",
    "other_treatment",
    "unreadable",
)
_ANY: Final = ",".join(_CHANGES)


class Format(StrEnum):
    """Format of the report."""

    TEXT = "text"
    JSON = "json"
    HTML = "html"


Since = Annotated[
    str, typer.Option("--since", help="How far back: 90m, 12h, 7d, 2w, or an RFC 3339 time.")
]
Candidate = Annotated[
    Path, typer.Option("--candidate", help="The policies to try: folder or bundle.")
]
Baseline = Annotated[
    Path | None, typer.Option("--baseline", help="Compare with these; default: those of --config.")
]
Store = Annotated[
    str | None,
    typer.Option("--store", help="The log, as sqlite:///path; default: that of --config."),
]
As = Annotated[Format, typer.Option("--format", help="text, json or html.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to a file.")]
FailOn = Annotated[
    str, typer.Option("--fail-on", help=f"Changes that fail, from {', '.join(_CHANGES)}; or none.")
]


def replay_past(  # each option of the command is a parameter
    candidate: Candidate,
    since: Since = "7d",
    baseline: Baseline = None,
    store: Store = None,
    config: Config = DEFAULT_CONFIG,
    report: As = Format.TEXT,
    output: Output = None,
    fail_on: FailOn = _ANY,
) -> None:
    """Decide recorded requests again under candidate policies, and report which would be refused or allowed."""
    failing = _failing(fail_on)
    begin = _moment(since)
    if baseline is None or store is None:
        settings = load_or_exit(config)
        baseline = baseline or settings.policy.path
        store = store or settings.audit.store
    found = _replayed(sqlite_path(store), begin, baseline, candidate)
    _write(found, report, output)
    if any(found.changes.get(change) for change in failing):
        raise typer.Exit(FAULT)


def _replayed(path: Path, since: datetime, baseline: Path, candidate: Path) -> ReplayReport:
    try:
        before, after = load(baseline), load(candidate)
        paths = log_files(path)
        # The logs of several workers overlap in time.
        past = sorted((request for path in paths for request in decisions(path, since)), key=_time)
        known = {name: document for path in paths for name, document in documents(path)}
        with DelayedProgress("Deciding again") as progress:
            return replay(past, known, before, after, progress)
    except ConfigError as error:
        _usage_error("\n".join(error.faults))
    except (StoreError, MalformedRecord, KeyError) as error:
        _usage_error(f"the audit log can't be read: {error}")


def _time(request: DecidedRequest) -> datetime:
    return request.time


def _write(found: ReplayReport, report: Format, output: Path | None) -> None:
    rendered = _WRITERS[report](found)
    if output is None:
        typer.echo(rendered)
        return
    try:
        output.write_text(rendered, encoding="utf-8")
    except OSError as error:
        _usage_error(f"{output}: {error.strerror}")


def _json(found: ReplayReport) -> str:
    return orjson.dumps(asdict(found), option=orjson.OPT_INDENT_2).decode()


_WRITERS: Final = {Format.TEXT: text, Format.JSON: _json, Format.HTML: html}


def _failing(names: str) -> list[str]:
    if names == "none":
        return []
    wanted = names.split(",")
    unknown = sorted(set(wanted) - set(_CHANGES))
    if unknown:
        _usage_error(f"--fail-on: {unknown[0]!r} is none of {', '.join(_CHANGES)}, none")
    return wanted


def _moment(since: str) -> datetime:
    ago = re.fullmatch(r"(\d{1,6})([mhdw])", since)
    if ago is not None:
        return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        _usage_error(f"--since: {since!r} is neither a time nor a duration such as 7d")
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _usage_error(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE)
