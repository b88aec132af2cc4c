"""``sekisho audit``: verify, show and search the audit log. Works on the log's file, without a gateway.

Exit codes: 0 no fault, 1 a fault was found or there is no such request, 2 the command can't be executed.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rich.console import Console
from rich.table import Table

from gateway.audit.canonical import MalformedRecord
from gateway.audit.proof.verify import Report
from gateway.audit.proof.verify import verify as check
from gateway.audit.search import Query, facts_in, last_checkpoint
from gateway.audit.search import search_all as find
from gateway.audit.store import StoreError, log_files, sqlite_path
from gateway.cli.common import DEFAULT_CONFIG, FAULT, USAGE, AsJson, Config, print_json
from gateway.cli.progress import DelayedProgress
from gateway.errors import ConfigError
from gateway.identity.tokens.subjects import PSEUDONYM, user_names
from gateway.keys import load_ring, read_public
from gateway.settings.load import read
from gateway.settings.root import Settings

app = typer.Typer(help="Verify, show and search the audit log.", no_args_is_help=True)

Store = Annotated[
    str | None, typer.Option(help="The log, as sqlite:///path; default: that of the configuration.")
]
PublicKey = Annotated[
    list[Path] | None,
    typer.Option(
        help="File written by `keys ring public`; default: the configuration's ring. Repeatable."
    ),
]
Kept = Annotated[
    Path | None,
    typer.Option(
        "--checkpoint",
        help="A checkpoint that was stored elsewhere: proves that nothing was removed since.",
    ),
]
Moment = Annotated[str | None, typer.Option(metavar="TIME", help="RFC 3339 or a date; UTC.")]
Exact = Annotated[str | None, typer.Option(help="Only records with this exact value.")]

_COLUMNS = ("time", "request_id", "kind", "tenant", "app", "model", "deployment", "outcome", "code")
_TABLE_WIDTH = 1000
"""Wider than any table, so that rich never wraps or truncates a cell."""


@app.command()
def verify(
    store: Store = None,
    public_key: PublicKey = None,
    kept: Kept = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Recompute every hash, the tree, and each signed checkpoint; exit 1 on any fault."""
    try:
        paths = _paths(store, config)
        keys = _keys(public_key, config)
        note = kept.read_bytes() if kept else None
        with DelayedProgress("Verifying") as progress:
            reports = [
                check(path, keys, kept=_kept(note, path, paths), progress=progress)
                for path in paths
            ]
    except (StoreError, ConfigError, ValueError, OSError) as error:
        _usage_error(error)
    if as_json:
        documents = [asdict(report) | {"ok": report.ok} for report in reports]
        print_json(documents[0] if len(documents) == 1 else documents)
    for report in reports if not as_json else ():
        _print_result(report)
    if not all(report.ok for report in reports):
        raise typer.Exit(FAULT)


@app.command()
def show(
    request_id: Annotated[str, typer.Argument(help="The x-request-id of the reply.")],
    store: Store = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print all records of one request, oldest first, with the facts of its decision."""
    try:
        paths = _paths(store, config)
        records = find(paths, Query(request_id=request_id, limit=1000))[::-1]  # oldest first
        hashes = {record["facts_hash"]: None for record in records if record["facts_hash"]}
        documents = {name: facts_in(paths, name) for name in hashes}
    except (StoreError, ConfigError, MalformedRecord, ValueError) as error:
        _usage_error(error)
    if as_json:
        print_json({"records": records, "facts": documents})
    for record in records if not as_json else ():
        _print_pairs(f"record {record['sequence']} of {record['origin']}", record)
    for name, document in documents.items() if not as_json else ():
        _print_pairs(f"facts {name}", document or {})
    if not records:
        typer.echo("no record of this request", err=True)
        raise typer.Exit(FAULT)


@app.command()
def search(  # noqa: PLR0913, PLR0917  # each option of the command is a parameter
    since: Moment = None,
    until: Moment = None,
    tenant: Exact = None,
    application: Annotated[str | None, typer.Option("--app", help="Only this app.")] = None,
    user: Annotated[
        str | None, typer.Option(help="On behalf of this user: the `sub` of its tokens, or user-….")
    ] = None,
    request_id: Exact = None,
    model: Exact = None,
    deployment: Exact = None,
    outcome: Exact = None,
    code: Exact = None,
    kind: Exact = None,
    reason: Annotated[str | None, typer.Option(help="Refused for this reason id.")] = None,
    entity: Annotated[str | None, typer.Option(help="Data of this entity was found.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Most records to print.")] = 100,
    store: Store = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Print the records that match every option, newest first."""
    try:
        query = Query(
            since=_moment(since),
            until=_moment(until),
            kind=kind,
            tenant=tenant,
            app=application,
            users=_users(user, tenant, config),
            request_id=request_id,
            model=model,
            deployment=deployment,
            outcome=outcome,
            code=code,
            reason=reason,
            entity=entity,
            limit=limit,
        )
        records = find(_paths(store, config), query)
    except (StoreError, ConfigError, MalformedRecord, ValueError) as error:
        _usage_error(error)
    if as_json:
        print_json(records)
    else:
        _print_table(records)


@app.command()
def checkpoint(
    store: Store = None, config: Config = DEFAULT_CONFIG, as_json: AsJson = False
) -> None:
    """Print the newest signed checkpoint. Stored elsewhere, it proves later that nothing was removed."""
    try:
        found = [last_checkpoint(path) for path in _paths(store, config)]
    except (StoreError, ConfigError, ValueError) as error:
        _usage_error(error)
    notes = [note.decode() for note in found if note is not None]
    if not notes:
        typer.echo("the log has no checkpoint", err=True)
        raise typer.Exit(FAULT)
    if as_json:
        print_json({"checkpoint": "\n".join(notes)})
    else:
        # A note ends with its own line break, and is stored byte for byte.
        typer.echo("\n".join(notes), nl=False)


def _paths(store: str | None, config: Path) -> list[Path]:
    """The log, and those of workers next to it."""
    return log_files(sqlite_path(store or _settings(config).audit.store))


def _kept(note: bytes | None, path: Path, paths: Sequence[Path]) -> bytes | None:
    """The stored checkpoint, for the log that it belongs to (its first line is the log's name)."""
    if note is None or len(paths) == 1:
        return note
    latest = last_checkpoint(path)
    same = latest is not None and latest.partition(b"\n")[0] == note.partition(b"\n")[0]
    return note if same else None


def _keys(files: list[Path] | None, config: Path) -> Mapping[str, Ed25519PublicKey]:
    if not files:
        return load_ring(_settings(config).keys, os.environ).verifiers()
    found: dict[str, Ed25519PublicKey] = {}
    for file in files:
        found |= read_public(file.read_text())
    return found


def _settings(config: Path) -> Settings:
    """The settings, read without checking API keys: an auditor's shell need not have them."""
    return read(config, os.environ)


def _users(user: str | None, tenant: str | None, config: Path) -> frozenset[str] | None:
    """The pseudonyms of a user in records: one for each tenant, derived from the key ring."""
    if user is None:
        return None
    if PSEUDONYM.fullmatch(user):
        return frozenset({user})
    settings = _settings(config)
    tenants = {tenant} if tenant else {row.tenant for row in settings.identity.on_behalf_of}
    if not tenants:
        raise ValueError("--user: the configuration has no identity.on_behalf_of; give --tenant")
    return user_names(load_ring(settings.keys, os.environ), tenants, user)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is not a time such as 2026-01-31T09:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # records are in UTC


def _print_result(report: Report) -> None:
    typer.echo(f"log          {report.origin}")
    typer.echo(f"records      {report.records}, of which {report.signed} are signed")
    typer.echo(f"root         {report.root}")
    typer.echo(f"checkpoints  {report.checkpoints}")
    typer.echo(f"facts        {report.facts}")
    for fault in report.faults:
        typer.echo(f"FAULT        {fault}")
    typer.echo("verification succeeded" if report.ok else "verification failed")


def _print_table(records: list[dict[str, Any]]) -> None:
    """One record a line, however narrow the terminal: a truncated id can't be copied."""
    table = Table(box=None, pad_edge=False)
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True)
    for record in records:
        table.add_row(*(str(record[name]) for name in _COLUMNS))
    Console(markup=False, emoji=False, highlight=False, width=_TABLE_WIDTH).print(table)


def _print_pairs(title: str, values: Mapping[str, Any]) -> None:
    """The fields that are not empty, one a line."""
    typer.echo(title)
    for name, value in values.items():
        # False equals 0, so it is left out too.
        if value not in ("", 0, (), {}, []):
            typer.echo(f"  {name:<20} {_plain(value)}")


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_plain(item)}" for name, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain, value))
    return str(value)


def _usage_error(error: Exception) -> NoReturn:
    typer.echo(str(error), err=True)
    raise typer.Exit(USAGE) from None
