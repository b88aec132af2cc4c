"""``sekisho models probe``: whether the deployments work, and whether they match their signed records."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.app import Gateway, compose
from gateway.bias.questions import SHIPPED
from gateway.cli.common import (
    DEFAULT_CONFIG,
    FAULT,
    AsJson,
    Config,
    exit_with,
    load_or_exit,
    print_json,
)
from gateway.cli.models.bias import measure
from gateway.errors import ConfigError
from gateway.settings.deployments import Probe
from gateway.telemetry.logs import configure


def probe(
    config: Config = DEFAULT_CONFIG,
    bias: Annotated[
        bool, typer.Option("--bias", help="Measure how biased the answers are.")
    ] = False,
    deployment: Annotated[
        str | None, typer.Option(help="With --bias: only this deployment.")
    ] = None,
    questions: Annotated[
        Path, typer.Option(help="With --bias: another set of questions.")
    ] = SHIPPED,
    max_tokens: Annotated[
        int, typer.Option(min=1, help="With --bias: maximum tokens of a reply.")
    ] = 4096,
    as_json: AsJson = False,
) -> None:
    """Ask every deployment of kind openai whether it works and serves its model; exit 1 when one does not.

    A deployment with a signed record must also match it. Probes use the connector that requests use, and the deployment's own credential. A deployment without a `probe` is
    asked for its list of models only. Other vendors are not probed: they have no common list of models.

    With --bias, deployments of every kind that name a file in `bias` are asked the questions of docs/bias.md instead.
    """
    configure("error")
    settings = load_or_exit(config, as_json=as_json)
    if bias:
        asyncio.run(measure(settings, deployment, questions, max_tokens, as_json=as_json))
        return
    try:
        gateway = compose(settings, os.environ)
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    faults = asyncio.run(_probe(gateway))
    proofs = {
        name: _proof(gateway, name) for name in faults if name in gateway.provenance_monitor.names
    }
    ok = not any(faults.values()) and all(it["state"] == "verified" for it in proofs.values())
    if as_json:
        print_json({"ok": ok, "deployments": faults, "provenance": proofs})
    else:
        for name, fault in faults.items():
            proof = " ".join(part for part in proofs.get(name, {}).values() if part)
            typer.echo(f"{name}: {'; '.join(part for part in (fault or 'works', proof) if part)}")
    if not ok:
        raise typer.Exit(FAULT)


def _proof(gateway: Gateway, name: str) -> dict[str, str]:
    proof, why = gateway.pipeline.provenance.statuses[name].assess(datetime.now(UTC))
    return {"state": proof.state, "manifest": proof.manifest, "why": why}


async def _probe(gateway: Gateway) -> dict[str, str]:
    """The fault of each deployment that can be probed, or ``""``."""
    deployments = {
        name: deployment
        for name, deployment in gateway.settings.deployments.items()
        if deployment.kind == "openai"
    }
    probes = (
        _probe_one(gateway, name, deployment.probe) for name, deployment in deployments.items()
    )
    return dict(zip(deployments, await asyncio.gather(*probes), strict=True))


async def _probe_one(gateway: Gateway, name: str, settings: Probe | None) -> str:
    upstream = gateway.upstreams[name]
    await upstream.start()
    try:
        if name in gateway.provenance_monitor.names:
            await gateway.provenance_monitor.observe(name)
        return await upstream.probe(settings or Probe(path=None))
    finally:
        await upstream.close()
