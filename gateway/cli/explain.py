"""``sekisho explain``: a dry run. Nothing is sent and nothing is recorded."""

import asyncio
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from pydantic import TypeAdapter, ValidationError

from gateway.app import Gateway, compose
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
from gateway.dialects.openai.chat import OpenAIChat
from gateway.errors import ConfigError, SekishoError
from gateway.identity.callers import StoredCallers
from gateway.pipeline import ExaminedRequest
from gateway.settings.section import Name
from gateway.telemetry.logs import configure
from gateway.types import Call, Principal

Request = Annotated[
    str,
    typer.Argument(help="File with the JSON body of a chat completion, or - for standard input."),
]
KeyId = Annotated[
    str | None,
    typer.Option(
        "--key",
        help="Explain as the caller of this id, with a key or a certificate; default: the first one.",
    ),
]
Tenant = Annotated[
    str | None,
    typer.Option(help="Explain as a caller with a token, of this tenant; with --app."),
]
App = Annotated[str | None, typer.Option("--app", help="The application of that caller.")]
Groups = Annotated[list[str] | None, typer.Option("--group", help="A group of it; repeatable.")]
_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)


def explain(
    request: Request,
    config: Config = DEFAULT_CONFIG,
    key: KeyId = None,
    tenant: Tenant = None,
    application: App = None,
    group: Groups = None,
    as_json: AsJson = False,
) -> None:
    """Show findings, the decision with its reasons, the masked body and where it would go."""
    settings = load_or_exit(config, as_json=as_json)
    configure("error")
    try:
        if tenant is None and application is None and not group:
            principal = StoredCallers.of(settings.identity).find(key)
        else:
            principal = _with_token(key, tenant, application, group or ())
        gateway = compose(settings, os.environ)
        report = asyncio.run(_explain(gateway, principal, _read(request)))
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    except SekishoError as error:
        print_json({"error": {"code": error.code, "message": error.message}})
        raise typer.Exit(FAULT) from None
    if as_json:
        print_json(report)
    else:
        _print(report)


def _read(request: str) -> bytes:
    if request == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(request).read_bytes()
    except OSError as error:
        typer.echo(f"{request}: {error.strerror}", err=True)
        raise typer.Exit(USAGE) from None


def _with_token(
    key: str | None, tenant: str | None, application: str | None, groups: Sequence[str]
) -> Principal:
    """A caller that is stored nowhere, as its token would describe it."""
    if key is not None or tenant is None or application is None:
        raise ConfigError(["give either --key, or --tenant and --app, with --group as needed"])
    try:
        for name in (tenant, application, *groups):
            _NAME.validate_python(name)
    except ValidationError:
        raise ConfigError(
            [
                "--tenant, --app, --group: lower-case letters, digits, '.', '_' and '-' only, at most 64"
            ]
        ) from None
    return Principal(
        subject="",
        tenant=tenant,
        app=application,
        groups=frozenset(groups),
        credential_id="",
        method="oidc",
    )


async def _explain(gateway: Gateway, principal: Principal, body: bytes) -> dict[str, Any]:
    dialect = OpenAIChat()
    call = dialect.parse(body, "chat.completions")
    await gateway.detector.start()
    await gateway.pipeline.policy.start()
    try:
        await asyncio.gather(
            *(_observe(gateway, name) for name in gateway.provenance_monitor.names)
        )
        examined = await gateway.pipeline.examine(principal, call)
    finally:
        await gateway.pipeline.policy.close()
        await gateway.detector.close()
    return {
        "model": examined.entry.name,
        "findings": _findings(call, examined),
        "decision": _decision(examined),
        "facts": orjson.loads(examined.facts),
        "candidates": {
            deployment.name: _candidate(gateway, principal, call, examined, deployment.name)
            for deployment in examined.deployments
        },
    }


async def _observe(gateway: Gateway, name: str) -> None:
    """Query a deployment that has a signed record: its provenance status is a fact. Others are not contacted."""
    upstream = gateway.upstreams[name]
    await upstream.start()
    try:
        await gateway.provenance_monitor.observe(name)
    finally:
        await upstream.close()


def _findings(call: Call, examined: ExaminedRequest) -> list[dict[str, Any]]:
    return [
        {
            "path": ".".join(map(str, call.segments[finding.segment].path)),
            "start": finding.start,
            "end": finding.end,
            "entity": finding.entity,
            "score": round(finding.score, 3),
            "detector": finding.detector,
        }
        for finding in examined.scan.findings
    ]


def _decision(examined: ExaminedRequest) -> dict[str, Any]:
    decision = examined.decision
    return {
        "id": decision.id,
        "allow": decision.allow,
        "revision": decision.revision,
        "reasons": [asdict(reason) for reason in decision.reasons],
        "shadow_reasons": [asdict(reason) for reason in decision.shadow_reasons],
    }


def _candidate(
    gateway: Gateway, principal: Principal, call: Call, examined: ExaminedRequest, name: str
) -> dict[str, Any]:
    verdict = examined.decision.candidates[name]
    candidate: dict[str, Any] = {
        "allow": verdict.allow,
        "reasons": [asdict(reason) for reason in verdict.reasons],
        "exceptions": list(verdict.exceptions),
        "lineage": dict(verdict.lineage),
    }
    if not verdict.allow:
        return candidate
    deployment = next(d for d in examined.deployments if d.name == name)
    # The step that real requests take, so that the body is masked exactly as the one that would be sent.
    cleared = gateway.pipeline.clear(OpenAIChat(), call, examined, principal.tenant, deployment)
    return {
        **candidate,
        "base_url": deployment.base_url,
        "redactions": dict(cleared.call.redactions),
        "body": cleared.call.document,
    }


def _print(report: dict[str, Any]) -> None:
    decision = report["decision"]
    typer.echo(f"model     {report['model']}")
    typer.echo(f"decision  {'allow' if decision['allow'] else 'deny'} ({decision['id']})")
    for reason in decision["reasons"]:
        typer.echo(f"  {reason['id']}: {reason['title']}. {reason['remedy']}")
    for finding in report["findings"]:
        typer.echo(
            f"found     {finding['entity']} at {finding['path']}"
            f"[{finding['start']}:{finding['end']}] by {finding['detector']} ({finding['score']})"
        )
    for name, value in report["facts"].items():
        if name != "candidates":
            typer.echo(f"fact      {name} = {orjson.dumps(value).decode()}")
    for name, candidate in report["candidates"].items():
        typer.echo(f"candidate {name}: {'allow' if candidate['allow'] else 'deny'}")
        for reason in candidate["reasons"]:
            typer.echo(f"  {reason['id']}: {reason['title']}. {reason['remedy']}")
        for exception in candidate["exceptions"]:
            typer.echo(f"  exception {exception}")
        if candidate["allow"]:
            typer.echo(f"  to {candidate['base_url']}")
            typer.echo("  " + orjson.dumps(candidate["body"]).decode())
