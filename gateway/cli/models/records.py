"""``sekisho models sign | verify``: signed records of weights, and weights compared with their records."""

import asyncio
import os
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from pydantic import ValidationError

from gateway.app import compose
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
from gateway.cli.progress import DelayedProgress
from gateway.errors import ConfigError, UpstreamError, UpstreamFailed, UpstreamRejected
from gateway.provenance import bundle, record, status, weights
from gateway.settings.deployments import Provenance
from gateway.settings.files import replace
from gateway.upstream.http import HttpUpstream
from gateway.upstream.transport.connector import spki_pin

_MIB = 1 << 20

Directory = Annotated[Path, typer.Argument(metavar="DIR", help="The directory of the weights.")]


def sign(  # noqa: PLR0913, PLR0917  # each option of the command is a parameter
    directory: Directory,
    key: Annotated[Path, typer.Option(help="The private key: EC, PEM.")],
    out: Annotated[
        Path, typer.Option(help="Where to write the record; it is replaced atomically.")
    ],
    expires: Annotated[
        datetime,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="When the record expires, in UTC."
        ),
    ],
    name: Annotated[
        str | None, typer.Option(help="Name of the weights; default: the name of DIR.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Name of the model in the server's list.")
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(help="The server's certificate (PEM); the record holds its public key."),
    ] = None,
    commit: Annotated[str | None, typer.Option(help="The revision of the weights.")] = None,
    licence: Annotated[str | None, typer.Option(help="The licence of the weights (SPDX).")] = None,
    derived_from: Annotated[
        str | None, typer.Option(help="The weights that these are derived from, and how.")
    ] = None,
    image: Annotated[
        str | None, typer.Option(help="The digest of the server's container image.")
    ] = None,
    shown_by: Annotated[
        str | None,
        typer.Option(
            help="A trusted deployment of the configuration, whose model, tokenizer and fingerprint are signed as it reports them."
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None, typer.Option(help="A path within DIR to leave out; repeatable.")
    ] = None,
    links: Annotated[
        bool, typer.Option("--allow-symlinks", help="Include files that are symbolic links.")
    ] = False,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Sign a directory of weights, as OpenSSF model-signing does, with claims about their deployment."""
    try:
        signer = bundle.private_key(key)
        listing = record.Listing(
            allow_symlinks=links, ignore_paths=_ignored_paths(directory, out, ignore)
        )
        claims = record.Claims(
            # The option's formats have no time zone.
            expires=expires.replace(tzinfo=UTC),
            spki=None if certificate is None else _spki(certificate),
            commit=commit,
            licence=licence,
            derived_from=derived_from,
            image=image,
            **{
                **_observed_claims(shown_by, config, as_json=as_json),
                **({} if model is None else {"model": model}),
            },
        )
        with _Hashing("hash, MiB") as progress:
            files = weights.digests(directory, listing, progress)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    except ValidationError as error:
        _usage_error(f"{error.errors()[0]['loc'][0]}: {error.errors()[0]['msg']}")
    payload = record.statement(name or directory.resolve().name, files, listing, claims)
    signed = bundle.sign_bundle(payload, signer)
    _write(out, signed)
    # Read back with the verifier: a record that a gateway would refuse must fail here.
    written = record.read(signed, {bundle.hint(signer.public_key()): signer.public_key()})
    if as_json:
        stated = claims.model_dump(mode="json", exclude_none=True)
        print_json(
            {
                "record": str(out),
                "manifest": written.manifest,
                "files": len(files),
                "claims": stated,
            }
        )
    else:
        names = ", ".join(claims.model_dump(exclude_none=True))
        typer.echo(f"{out}: {len(files)} files, {written.manifest}, with {names}")


def verify(
    target: Annotated[
        str, typer.Argument(help="A directory of weights, or a deployment of the configuration.")
    ],
    signed: Annotated[
        Path | None, typer.Option("--record", help="For a directory: the signed record.")
    ] = None,
    key: Annotated[
        list[Path] | None,
        typer.Option(help="With --record: a trusted public key; repeatable."),
    ] = None,
    directory: Annotated[
        Path | None,
        typer.Option("--weights", help="For a deployment: the directory of its weights."),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Compare weights with their signed record; exit 1 unless they match.

    For a deployment, the record and the keys come from the configuration; without --weights, only the record is verified.
    """
    if (signed is None) != (key is None) or (signed is not None and directory is not None):
        _usage_error("give a directory with --record and --key, or a deployment")
    if signed is None or key is None:
        provenance = _provenance(target, config, as_json=as_json)
    else:
        provenance, directory = Provenance(record=signed, keys=tuple(key)), Path(target)
    try:
        report = _verified(provenance, directory)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    if as_json:
        print_json(report)
    else:
        _print_result(report)
    if not report["ok"]:
        raise typer.Exit(FAULT)


def _provenance(name: str, config: Path, *, as_json: bool) -> Provenance:
    deployment = load_or_exit(config, as_json=as_json).deployments.get(name)
    if deployment is None:
        _usage_error(f"{name}: no such deployment; for a directory, give --record and --key")
    if deployment.provenance is None:
        _usage_error(f"{name}: has no record; set deployments.{name}.provenance")
    return deployment.provenance


def _verified(provenance: Provenance, directory: Path | None) -> dict[str, Any]:
    try:
        signed = status.load(provenance.record, provenance.keys)
    except bundle.UntrustedRecord as error:
        return _report("unverified", why=str(error))
    if signed.expired(datetime.now(UTC)):
        return _report("expired", signed.manifest, why=f"expired at {signed.claims.expires}")
    if directory is None:
        return _report("verified", signed.manifest)
    with _Hashing("hash, MiB") as progress:
        found = weights.differences(directory, signed, progress)
    why = f"{len(found)} differences" if found else ""
    return _report("mismatch" if found else "verified", signed.manifest, why=why, found=found)


def _report(
    state: str, manifest: str = "", *, why: str = "", found: list[weights.Difference] | None = None
) -> dict[str, Any]:
    return {
        "ok": state == "verified",
        "state": state,
        "manifest": manifest,
        "why": why,
        "differences": [asdict(each) for each in found or ()],
    }


def _print_result(report: dict[str, Any]) -> None:
    for each in report["differences"]:
        typer.echo(f"{each['path']}: {each['fault']}")
    parts = (report["state"], report["manifest"], report["why"])
    typer.echo("  ".join(part for part in parts if part))


def _observed_claims(name: str | None, config: Path, *, as_json: bool) -> dict[str, str]:
    """What a deployment reports about itself now."""
    if name is None:
        return {}
    settings = load_or_exit(config, as_json=as_json)
    upstream = compose(settings, os.environ).upstreams.get(name)
    if upstream is None:
        _usage_error(f"{name}: no such deployment")
    try:
        observed = asyncio.run(_observe(upstream))
    except UpstreamError as error:
        _usage_error(f"{name}: {error.message}")
    return {"model": settings.deployments[name].model, **observed}


async def _observe(upstream: HttpUpstream) -> dict[str, str]:
    """Its fingerprint, and its tokenizer if it exposes one, which not every server does.

    Raises:
        UpstreamError: it does not answer.
    """
    await upstream.start()
    observer = upstream.observer()
    try:
        observed = {"fingerprint": await observer.fingerprint()}
        # A server that refuses or does not know the request exposes no tokenizer. Time-outs and rate limits are faults.
        with suppress(UpstreamFailed, UpstreamRejected):
            observed["tokenizer"] = await observer.tokenizer()
    finally:
        await upstream.close()
    return observed


def _ignored_paths(directory: Path, out: Path, ignore: list[str] | None) -> tuple[str, ...]:
    """The paths to leave out: those given, and the record itself if it is among the weights."""
    here, there = directory.resolve(), out.resolve()
    own = [there.relative_to(here).as_posix()] if there.is_relative_to(here) else []
    return tuple(sorted({*own, *(ignore or ())}))


def _spki(certificate: Path) -> str:
    try:
        found = x509.load_pem_x509_certificate(certificate.read_bytes())
    except OSError as error:
        raise ConfigError([f"{certificate}: can't be read: {error.strerror}"]) from None
    except ValueError:
        raise ConfigError([f"{certificate}: not a certificate (PEM)"]) from None
    return spki_pin(found.public_bytes(Encoding.DER))


def _write(path: Path, content: bytes) -> None:
    """Replace the file atomically. It holds no secret, so everybody may read it."""
    try:
        replace(path, content, mode=0o644)
    except OSError as error:
        _usage_error(f"{path}: can't be written: {error.strerror}")


class _Hashing(DelayedProgress):
    """Receives bytes, displays MiB."""

    def __call__(self, done: int, total: int) -> None:
        # Total rounded up, so that the bar ends full.
        super().__call__(done // _MIB, -(-total // _MIB))


def _usage_error(message: str) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(USAGE) from None
