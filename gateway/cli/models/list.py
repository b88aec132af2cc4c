"""``sekisho models list``: the models that callers may request, and where they are served."""

from typing import Any

import structlog
import typer

from gateway.bias.results import BiasResults
from gateway.cli.common import DEFAULT_CONFIG, AsJson, Config, load_or_exit, print_json
from gateway.routing.catalogue import Catalogue
from gateway.settings.root import Settings


def list_models(config: Config = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """List the models with their names and deployments, in the order in which those are tried."""
    settings = load_or_exit(config, as_json=as_json)
    models = [_model(settings, name) for name in settings.models]
    if as_json:
        print_json(models)
        return
    for model in models:
        typer.echo(f"{model['model']}  also: {', '.join(model['names'][1:]) or 'no other name'}")
        for row in model["deployments"]:
            typer.echo(
                f"  {row['priority']:>3}  {row['name']}  {row['zone']}  {row['operator']}"
                f"  weight {row['weight']:g}  {row['base_url']}{_state(row)}"
            )


def _model(settings: Settings, name: str) -> dict[str, Any]:
    catalogue = Catalogue(settings)
    names = [alias for alias in catalogue.models() if catalogue.resolve(alias).name == name]
    ranked = sorted(settings.models[name].deployments, key=lambda d: settings.deployments[d].rank)
    return {
        "model": name,
        "names": names,
        "deployments": [_deployment(settings, deployment) for deployment in ranked],
    }


def _deployment(settings: Settings, name: str) -> dict[str, Any]:
    deployment = settings.deployments[name]
    return {
        "name": name,
        "priority": deployment.rank,
        "weight": deployment.weight,
        "zone": deployment.zone,
        "operator": deployment.operator,
        "model": deployment.model,
        "base_url": deployment.base_url,
        "drain": deployment.drain,
        "probed": deployment.probe is not None,
        "bias": _bias(settings, name),
    }


def _bias(settings: Settings, name: str) -> dict[str, Any] | None:
    """The score that policies decide on, and when it was measured."""
    found = BiasResults(settings.deployments, structlog.get_logger()).of([name]).get(name)
    return None if found is None else {"score": found.score, "measured": found.measured}


def _state(row: dict[str, Any]) -> str:
    bias = row["bias"]
    measured = f"  bias {bias['score']:.2f} ({bias['measured']:%Y-%m-%d})" if bias else ""
    return measured + ("  draining" if row["drain"] else "")
