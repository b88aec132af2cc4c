"""``sekisho models``: what may be asked for, where it is served, and whether those places work."""

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer

from gateway.app import Gateway, compose
from gateway.bias.questions import SHIPPED
from gateway.bias.results import BiasResults
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
from gateway.cli.models.records import sign, verify
from gateway.errors import ConfigError
from gateway.routing.catalogue import Catalogue
from gateway.settings.deployments import Probe
from gateway.settings.root import Settings
from gateway.telemetry.logs import configure

app = typer.Typer(help="Models and the deployments that serve them.", no_args_is_help=True)


app.command()(sign)
app.command()(verify)


@app.command("list")
def list_(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the models with their names and deployments, in the order in which those are tried."""
    settings = load_or_exit(config, as_json=as_json)
    told = [_model(settings, name) for name in settings.models]
    if as_json:
        print_json(told)
        return
    for model in told:
        typer.echo(f"{model['model']}  also: {', '.join(model['names'][1:]) or 'no other name'}")
        for place in model["deployments"]:
            typer.echo(
                f"  {place['priority']:>3}  {place['name']}  {place['zone']}  {place['operator']}"
                f"  weight {place['weight']:g}  {place['base_url']}{_state(place)}"
            )


@app.command()
def probe(
    config: Config = DEFAULT_CONFIG,
    bias: Annotated[bool, typer.Option("--bias", help="Measure how far answers are bent.")] = False,
    deployment: Annotated[str | None, typer.Option(help="With --bias: this one alone.")] = None,
    questions: Annotated[Path, typer.Option(help="With --bias: another set.")] = SHIPPED,
    max_tokens: Annotated[int, typer.Option(min=1, help="With --bias: tokens of a reply.")] = 4096,
    as_json: AsJson = False,
) -> None:
    """Ask every deployment of kind openai whether it works and serves its model; exit 1 when one does not.

    One that is bound to a signed record must show what that says. Asked through the connector that requests take, with the deployment's own credential. A deployment without a `probe` is
    asked for its list of models alone. Other vendors have no list of models that is asked alike.

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
        name: _proven(gateway, name) for name in faults if name in gateway.provenance_monitor.names
    }
    ok = not any(faults.values()) and all(it["state"] == "verified" for it in proofs.values())
    if as_json:
        print_json({"ok": ok, "deployments": faults, "provenance": proofs})
    else:
        for name, fault in faults.items():
            told = " ".join(word for word in proofs.get(name, {}).values() if word)
            typer.echo(f"{name}: {'; '.join(part for part in (fault or 'works', told) if part)}")
    if not ok:
        raise typer.Exit(FAULT)


def _proven(gateway: Gateway, name: str) -> dict[str, str]:
    proof, why = gateway.pipeline.provenance.statuses[name].assess(datetime.now(UTC))
    return {"state": proof.state, "manifest": proof.manifest, "why": why}


async def _probe(gateway: Gateway) -> dict[str, str]:
    """What is wrong with each deployment that can be asked, or ``""``."""
    told = gateway.settings.deployments
    places = {name: place for name, place in told.items() if place.kind == "openai"}
    return dict(
        zip(
            places,
            await asyncio.gather(*(_ask(gateway, name, places[name].probe) for name in places)),
            strict=True,
        )
    )


async def _ask(gateway: Gateway, name: str, probe: Probe | None) -> str:
    upstream = gateway.upstreams[name]
    await upstream.start()
    try:
        if name in gateway.provenance_monitor.names:
            await gateway.provenance_monitor.observe(name)
        return await upstream.probe(probe or Probe(path=None))
    finally:
        await upstream.close()


def _model(settings: Settings, name: str) -> dict[str, Any]:
    catalogue = Catalogue(settings)
    names = [alias for alias in catalogue.models() if catalogue.resolve(alias).name == name]
    places = sorted(settings.models[name].deployments, key=lambda d: settings.deployments[d].rank)
    return {
        "model": name,
        "names": names,
        "deployments": [_place(settings, place) for place in places],
    }


def _place(settings: Settings, name: str) -> dict[str, Any]:
    told = settings.deployments[name]
    return {
        "name": name,
        "priority": told.rank,
        "weight": told.weight,
        "zone": told.zone,
        "operator": told.operator,
        "model": told.model,
        "base_url": told.base_url,
        "drain": told.drain,
        "probed": told.probe is not None,
        "bias": _bias(settings, name),
    }


def _bias(settings: Settings, name: str) -> dict[str, Any] | None:
    """The score that policies decide on, and when it was measured."""
    found = BiasResults(settings.deployments, structlog.get_logger()).of([name]).get(name)
    return None if found is None else {"score": found.score, "measured": found.measured}


def _state(place: dict[str, Any]) -> str:
    bias = place["bias"]
    measured = f"  bias {bias['score']:.2f} ({bias['measured']:%Y-%m-%d})" if bias else ""
    return measured + ("  draining" if place["drain"] else "")
