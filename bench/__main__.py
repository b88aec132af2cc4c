"""``python -m bench``: upstream, passthrough and gateway side by side, in one run."""

import asyncio
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Annotated

import orjson
import typer

from bench.load import Sample
from bench.report import Figures, Run, data, figures, text
from bench.scenarios import SCENARIOS, Conversations, Scenario, control, prepare, run
from bench.subjects import Subject, Subjects, subjects

ROUNDS = 5
_WARM_UP = 20

Requests = Annotated[
    int, typer.Option("--requests", min=ROUNDS, help="Requests per subject and scenario.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def bench(requests: Requests = 300, as_json: AsJson = False) -> None:
    """Print the cost of each subject. No file is written."""
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as folder:
        found = asyncio.run(_bench(Path(folder), requests))
    output = (
        orjson.dumps(data(found), option=orjson.OPT_INDENT_2).decode() if as_json else text(found)
    )
    typer.echo(output)


async def _bench(folder: Path, requests: int) -> Run:
    conversations = Conversations()
    async with subjects(folder) as running:
        await control(running)
        return {
            scenario.name: await _scenario(running, scenario, conversations, requests)
            for scenario in SCENARIOS
        }


async def _scenario(
    running: Subjects, scenario: Scenario, conversations: Conversations, requests: int
) -> dict[str, Figures]:
    """Rounds in which the subjects take turns, so that a change in the machine's speed affects all of them."""
    samples, cpu = defaultdict[str, list[Sample]](list), defaultdict[str, float](float)
    for subject in running:
        await _round(running, subject, scenario, conversations.take(_WARM_UP))
    for _ in range(ROUNDS):
        for subject in running:
            firsts = conversations.take(requests // ROUNDS)
            taken, seconds = await _round(running, subject, scenario, firsts)
            samples[subject.name] += taken
            cpu[subject.name] += seconds
    return {
        subject.name: figures(samples[subject.name], cpu[subject.name], subject.tree.pss_bytes())
        for subject in running
    }


async def _round(
    running: Subjects, subject: Subject, scenario: Scenario, firsts: list[int]
) -> tuple[list[Sample], float]:
    """The samples, and the CPU seconds that the subject spent on them."""
    await prepare(subject, running.key, scenario, firsts)
    before = subject.tree.cpu_seconds()
    samples = await run(subject, running.key, scenario, firsts)
    return samples, subject.tree.cpu_seconds() - before


if __name__ == "__main__":
    typer.run(bench)
