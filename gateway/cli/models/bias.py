"""``sekisho models probe --bias``: measures the bias of each deployment that names a file for the result."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from gateway.app import Gateway, compose
from gateway.bias.probe import Probe
from gateway.bias.questions import Questions
from gateway.bias.questions import read as questions
from gateway.bias.result_file import Result, result, write
from gateway.bias.score import Answer
from gateway.cli.common import exit_with, print_json
from gateway.cli.progress import DelayedProgress
from gateway.errors import ConfigError, PolicyError, SekishoError
from gateway.settings.deployments import DeploymentSettings
from gateway.settings.root import Settings
from gateway.types import Deployment, Proof


async def measure(
    settings: Settings, only: str | None, questions_path: Path, max_tokens: int, *, as_json: bool
) -> None:
    """Measure the deployments that name a file, or ``only`` one of them; write and print each result, or exit with 1.

    If a question could not be asked, the previous result is kept.
    """
    try:
        question_set, names = questions(questions_path), _deployments(settings, only)
        gateway = compose(settings, os.environ)
        await gateway.pipeline.policy.start()
        try:
            measured = [await _measure(gateway, name, question_set, max_tokens) for name in names]
        finally:
            await gateway.pipeline.policy.close()
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    _print_result(measured, as_json=as_json)


def _deployments(settings: Settings, only: str | None) -> list[str]:
    """The deployments to measure.

    Raises:
        ConfigError: there is none, or one of them serves no model.
    """
    named = [name for name, settings in settings.deployments.items() if settings.bias is not None]
    names = [name for name in named if only in (None, name)]
    if not names:
        which = "no deployment" if only is None else f"no deployment {only!r}"
        raise ConfigError([f"{which} has a `bias` setting, which names the file for the result"])
    served = {name for model in settings.models.values() for name in model.deployments}
    if unused := [name for name in names if name not in served]:
        raise ConfigError([f"deployments.{name}: it serves no model" for name in unused])
    return names


async def _measure(gateway: Gateway, name: str, question_set: Questions, max_tokens: int) -> Result:
    settings, began = gateway.settings.deployments[name], datetime.now(UTC)
    try:
        answers = await _answers(gateway, name, settings, question_set, max_tokens)
        # Dated at its beginning, so that it is never taken for newer than its oldest answer.
        found = result(name, settings, question_set, answers, began)
        if settings.bias is not None:
            write(settings.bias, found)
    except PolicyError as error:
        reasons = ", ".join(reason.id for reason in error.reasons)
        raise ConfigError([f"{name}: policy does not permit the probe: {reasons}"]) from None
    except (SekishoError, OSError) as error:
        raise ConfigError([f"{name}: {error}"]) from None
    return found


async def _answers(
    gateway: Gateway,
    name: str,
    settings: DeploymentSettings,
    question_set: Questions,
    max_tokens: int,
) -> Sequence[Answer]:
    upstream = gateway.upstreams[name]
    model, deployment = _served(gateway, name)
    proofs = gateway.pipeline.provenance.proofs((deployment,), datetime.now(UTC))
    await upstream.start()
    try:
        with gateway.pipeline.policy.use() as policy, DelayedProgress(name) as progress:
            probe = Probe(
                model=model,
                deployment=deployment,
                proof=proofs.get(name, Proof()),
                policy=policy,
                upstream=upstream,
                max_tokens=max_tokens,
                # DeepSeek advises against temperature 0 for R1, which repeats itself
                # there; a preset sets another.
                greedy=settings.preset is None,
            )
            return await probe.ask(question_set.items, progress)
    finally:
        await upstream.close()


def _served(gateway: Gateway, name: str) -> tuple[str, Deployment]:
    """The first model that the deployment serves, and the deployment."""
    return next(
        (model, deployment)
        for model in gateway.settings.models
        for deployment in gateway.pipeline.catalogue.deployments(model)
        if deployment.name == name
    )


def _print_result(measured: Sequence[Result], *, as_json: bool) -> None:
    if as_json:
        print_json([found.model_dump(mode="json", exclude={"answers"}) for found in measured])
        return
    for found in measured:
        parts = ", ".join(f"{part} {value:.2f}" for part, value in found.parts)
        languages = ", ".join(f"{name} {value:.2f}" for name, value in found.by_language.items())
        typer.echo(f"{found.deployment}: bias {found.score:.2f} ({parts}; biased in {languages})")
