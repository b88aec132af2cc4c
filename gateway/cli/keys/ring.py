"""``sekisho keys ring``: create, rotate and publish the key ring."""

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from gateway.cli.common import USAGE, AsJson, exit_with, print_json
from gateway.errors import ConfigError
from gateway.keys import KeyRing, public_text, read_public, read_ring
from gateway.settings.files import replace, write_temporary

app = typer.Typer(help="The key ring: every derived key comes from it.", no_args_is_help=True)

RingPath = Annotated[Path, typer.Argument(help="The key ring's file.")]


@app.command()
def new(path: RingPath, as_json: AsJson = False) -> None:
    """Write a new key ring that only you can read. An existing file is never overwritten."""
    new_ring = KeyRing.new()
    try:
        temporary = write_temporary(path, new_ring.dump().encode())
        try:
            # A link and not a rename: it fails when the name exists, even if another process creates it meanwhile.
            path.hardlink_to(temporary)
        finally:
            temporary.unlink()
    except FileExistsError:
        _usage_error(
            f"{path}: exists already; to add a new active key: sekisho keys ring rotate {path}"
        )
    except OSError as error:
        _usage_error(f"{path}: can't be written: {error.strerror}")
    _print_result(path, new_ring, as_json=as_json)


@app.command()
def rotate(path: RingPath, as_json: AsJson = False) -> None:
    """Add a new active key; older keys stay readable. Restart the gateways that use the ring."""
    rotated = _read(path, as_json=as_json).rotate()
    try:
        replace(path, rotated.dump().encode())
    except OSError as error:
        _usage_error(f"{path}: can't be written: {error.strerror}")
    _print_result(path, rotated, as_json=as_json)


@app.command()
def public(path: RingPath, as_json: AsJson = False) -> None:
    """Print the public keys with which anyone can verify the audit log."""
    text = public_text(_read(path, as_json=as_json))
    if not as_json:
        typer.echo(text, nl=False)
        return
    keys = {key_id: key.public_bytes_raw().hex() for key_id, key in read_public(text).items()}
    print_json({"algorithm": "Ed25519", "keys": keys, "pem": text})


def _read(path: Path, *, as_json: bool) -> KeyRing:
    try:
        return read_ring(path)
    except ConfigError as error:
        exit_with(error, as_json=as_json)


def _print_result(path: Path, written: KeyRing, *, as_json: bool) -> None:
    ids = list(written.verifiers())
    if as_json:
        print_json({"path": str(path), "active": written.active_id, "keys": ids})
    else:
        typer.echo(f"{path}: active key {written.active_id}, {len(ids)} in total. Keep it secret.")


def _usage_error(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE) from None
