"""``sekisho keys create | list | rotate | revoke``: API keys of callers, stored as keyed hashes."""

import asyncio
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn, get_args

import typer
from pydantic import ValidationError

from gateway import timeouts
from gateway.cli.common import (
    DEFAULT_CONFIG,
    FAULT,
    USAGE,
    AsJson,
    Config,
    exit_with,
    load_or_exit,
    print_json,
)
from gateway.errors import ConfigError, StateUnavailable
from gateway.identity.certificates.client_certificates import certificate_name
from gateway.identity.keys.key_file import Row, edit_rows, mark_revoked, mint, public_view, read
from gateway.identity.tokens.subjects import revoked_name
from gateway.identity.tokens.verifier import token_name
from gateway.keys import KeyRing, load_ring
from gateway.settings.root import Settings
from gateway.settings.section import Role
from gateway.state.stores import open_state

KeyId = Annotated[str, typer.Argument(metavar="ID", help="The key's id.")]
# 64 digits, with or without the colons that openssl prints.
_FINGERPRINT = re.compile(r"([0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}")

Days = Annotated[int | None, typer.Option("--days", min=1, help="Days until it expires.")]


def create(  # noqa: PLR0913, PLR0917  # each option of the command is a parameter
    key_id: Annotated[str, typer.Option("--id", help="Identifies the key in the audit log.")],
    tenant: Annotated[str, typer.Option(help="The tenant of the caller.")],
    application: Annotated[str, typer.Option("--app", help="The application of the caller.")],
    group: Annotated[
        list[str] | None, typer.Option(help="A group, for policies; repeatable.")
    ] = None,
    role: Annotated[
        list[str] | None, typer.Option(help="A role on the admin API; repeatable.")
    ] = None,
    role_tenant: Annotated[
        list[str] | None, typer.Option(help="A tenant that the roles cover, or *; repeatable.")
    ] = None,
    days: Days = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Create an API key and print it, once. Gateways that read the key file accept it within a second."""
    settings, ring, path = _opened(config, as_json=as_json)
    expires = None if days is None else _now() + timedelta(days=days)
    with _changing(path, as_json=as_json) as rows:
        # Within the lock, so that two commands at once can't create the same id.
        if key_id in _used_ids(rows, settings):
            _usage_error(
                f"{key_id}: exists already; to create another secret: sekisho keys rotate {key_id}"
            )
        key, row = _mint(
            ring,
            key_id=key_id,
            tenant=tenant,
            app=application,
            groups=group or (),
            expires=expires,
            roles=role or (),
            role_tenants=role_tenant or (),
        )
        rows.append(row)
    _print_key(key, row, as_json=as_json)


def show(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the keys of the key file, without their secrets, which are not stored."""
    _, _, path = _opened(config, as_json=as_json)
    rows = [public_view(row) for row in _read(path, as_json=as_json)]
    if as_json:
        print_json({"keys": rows})
        return
    for row in rows:
        typer.echo(
            f"{row['id']}\t{row['prefix']}\t{row['tenant']}/{row['app']}\t{row['state']}\t{row['expires'] or 'never'}"
        )


def rotate_key(
    key_id: KeyId,
    overlap: Annotated[
        float,
        typer.Option(
            "--overlap-hours", min=0, help="Hours for which the old secret remains valid."
        ),
    ] = 24.0,
    days: Days = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Create a second secret for a key and print it, once; the older ones expire after the overlap."""
    _, ring, path = _opened(config, as_json=as_json)
    ends = _now() + timedelta(hours=overlap)
    expires = None if days is None else _now() + timedelta(days=days)
    with _changing(path, as_json=as_json) as rows:
        current = [row for row in rows if row.id == key_id and row.usable(time.time())]
        if not current:
            _usage_error(f"{key_id}: no usable key with that id in {path}")
        # The newest: rows are appended.
        last = current[-1]
        key, row = _mint(
            ring,
            key_id=key_id,
            tenant=last.tenant,
            app=last.app,
            groups=last.groups,
            expires=expires,
            roles=last.roles,
            role_tenants=last.role_tenants,
        )
        rows[:] = [
            # Never later than before: a rotation must not lengthen the life of a secret.
            old.model_copy(update={"expires": min(old.expires or ends, ends)})
            if old in current
            else old
            for old in rows
        ]
        rows.append(row)
    _print_key(key, row, as_json=as_json)


def revoke(
    key_id: Annotated[str | None, typer.Argument(metavar="[ID]", help="A key's id.")] = None,
    subject: Annotated[
        str | None,
        typer.Option(
            help="Every token of a subject: its `sub`, or `oidc-…` or `user-…` as in records."
        ),
    ] = None,
    token: Annotated[
        str | None, typer.Option(help="One token: its `jti`, or its SHA-256 if it has none.")
    ] = None,
    certificate: Annotated[
        str | None, typer.Option(help="One certificate: the SHA-256 of its DER, in hexadecimal.")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Revoke a key, a caller with certificates, a subject, a token or a certificate, immediately and for every gateway."""
    if sum(given is not None for given in (key_id, subject, token, certificate)) != 1:
        _usage_error("give exactly one of: an id, --subject, --token, --certificate")
    settings = load_or_exit(config, as_json=as_json)
    if key_id is not None:
        _revoke_id(key_id, settings, as_json=as_json)
    elif certificate is not None:
        _revoke_name(_certificate(certificate), settings, as_json=as_json)
    elif token is not None:
        _revoke_name(token_name(token), settings, as_json=as_json)
    else:
        _revoke_name(_subject(settings, subject or "", as_json=as_json), settings, as_json=as_json)


def _revoke_id(key_id: str, settings: Settings, *, as_json: bool) -> None:
    """Revoke an id in the key file, if there is one, and in the shared state."""
    path = settings.identity.keys_file
    prefixes: list[str] = []
    if path is None and key_id not in _used_ids([], settings):
        _usage_error(f"{key_id}: no caller with that id in the configuration")
    if path is not None:
        with _changing(path, as_json=as_json) as rows:
            if key_id not in _used_ids(rows, settings):
                _usage_error(f"{key_id}: no caller with that id in {path} or in the configuration")
            prefixes = mark_revoked(rows, key_id)
    # The file first: it keeps the revocation even when the state does not accept it.
    shared = _publish(settings, [key_id, *prefixes])
    if as_json:
        print_json({"id": key_id, "prefixes": prefixes, "shared": shared})
    else:
        typer.echo(f"{key_id}: revoked; {_effect(settings, shared=shared)}")
    if settings.state.url != "memory://" and not shared:
        raise typer.Exit(FAULT)


def _revoke_name(name: str, settings: Settings, *, as_json: bool) -> None:
    """Revoke a name in the shared state, the only place where gateways look up tokens and certificates."""
    if settings.state.url == "memory://":
        _usage_error(
            "state.url: memory:// is not shared; subjects, tokens and certificates can be revoked in a Redis only"
        )
    shared = _publish(settings, [name])
    if as_json:
        print_json({"name": name, "shared": shared})
    else:
        typer.echo(f"{name}: revoked; {_effect(settings, shared=shared)}")
    if not shared:
        raise typer.Exit(FAULT)


def _certificate(fingerprint: str) -> str:
    """The name of a certificate in revocations."""
    if not _FINGERPRINT.fullmatch(fingerprint):
        _usage_error(
            "--certificate: needs 64 hexadecimal digits, as printed by: openssl x509 -fingerprint -sha256"
        )
    return certificate_name(fingerprint)


def _subject(settings: Settings, subject: str, *, as_json: bool) -> str:
    """The name of a subject in revocations."""
    try:
        return revoked_name(load_ring(settings.keys, os.environ), subject)
    except ConfigError as error:
        exit_with(error, as_json=as_json)


def _publish(settings: Settings, names: list[str]) -> bool:
    """Write the revocations to the shared state; false when it is not shared or did not accept them."""
    state = open_state(settings.state)

    async def write() -> bool:
        await state.start()
        try:
            for name in names:
                await state.revoke(name, time.time() + timeouts.REVOKED_FOREVER)
        except StateUnavailable:
            return False
        finally:
            await state.close()
        # memory:// accepts everything, and no gateway sees it.
        return state.shared

    return asyncio.run(write())


def _effect(settings: Settings, *, shared: bool) -> str:
    if shared:
        return "every gateway refuses it within a second"
    if settings.state.url == "memory://":
        return "the gateway that reads this key file refuses it within a second"
    return "the shared state did not accept it: run this again, or restart the gateways"


def _opened(config: Path, *, as_json: bool) -> tuple[Settings, KeyRing, Path]:
    settings = load_or_exit(config, as_json=as_json)
    path = settings.identity.keys_file
    try:
        if path is None:
            raise ConfigError(
                [
                    f"{config}: identity.keys_file: not set; it names the file in which keys are stored"
                ]
            )
        return settings, load_ring(settings.keys, os.environ), path
    except ConfigError as error:
        exit_with(error, as_json=as_json)


@contextmanager
def _changing(path: Path, *, as_json: bool) -> Iterator[list[Row]]:
    """As :func:`edit_rows`; faults end the command."""
    try:
        with edit_rows(path) as rows:
            yield rows
    except ConfigError as error:
        exit_with(error, as_json=as_json)


def _read(path: Path, *, as_json: bool) -> tuple[Row, ...]:
    try:
        return read(path)
    except ConfigError as error:
        exit_with(error, as_json=as_json)


def _used_ids(rows: list[Row], settings: Settings) -> set[str]:
    return {row.id for row in rows} | {caller.id for caller in settings.identity.callers().values()}


def _mint(ring: KeyRing, **fields: Any) -> tuple[str, Row]:
    try:
        return mint(ring, **fields)
    except ValidationError as error:
        invalid = {str(fault["loc"][0]) for fault in error.errors()}
        if "roles" in invalid:
            _usage_error(f"--role: one of {', '.join(get_args(Role))}")
        names = ", ".join(sorted(invalid))
        _usage_error(f"{names}: lower-case letters, digits, '.', '_' and '-' only, at most 64")


def _print_key(key: str, row: Row, *, as_json: bool) -> None:
    if as_json:
        print_json({"key": key, "row": public_view(row)})
        return
    typer.echo(key)
    # On standard error: standard output holds the key alone, for scripts.
    typer.echo("Give it to the caller now: it is not stored and can't be printed again.", err=True)


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _usage_error(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE) from None
