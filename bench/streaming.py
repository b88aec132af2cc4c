"""``python -m bench.streaming``: 2,000 streamed events through the gateway, LiteLLM's proxy and neither, in one run.

Events come a millisecond apart, then as fast as the server sends them. The gateway scans (depth ``patterns``) and restores; LiteLLM's proxy, in a separate environment (``make clients``), has no guardrail
and only forwards. Figures are CPU time of each subject per event, and the time to the first text.
"""

import asyncio
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from bench.litellm_proxy import BIN, litellm_proxy
from bench.load import drive
from bench.measure import percentile
from bench.payloads import chat, values
from bench.subjects import Subject, Subjects, subjects

EVENTS: Final = 2000
PACES: Final = {"a millisecond apart": 0.001, "as fast as they come": 0.0}
"""Seconds between events: of a model that generates at reading speed, and of one that sends as fast as possible."""
_ROUNDS: Final = 3

Requests = Annotated[int, typer.Option("--requests", min=_ROUNDS, help="Streams per subject.")]


@dataclass(kw_only=True)
class Figures:
    """The cost of one subject over all its streams."""

    first: list[float] = field(default_factory=list)
    cpu: float = 0.0
    events: int = 0

    @property
    def micros(self) -> float:
        """CPU-µs per event."""
        return self.cpu / self.events * 1e6


async def stream(subject: Subject, key: str, number: int, figures: Figures) -> None:
    """One stream, timed. The same question is sent without streaming first: the cost of a new text is measured by ``make bench``."""
    await drive(subject.url, key, [chat(range(0), number)])
    before = subject.tree.cpu_seconds()
    (sample,) = await drive(subject.url, key, [chat(range(0), number, stream=True)])
    figures.cpu += subject.tree.cpu_seconds() - before
    figures.events += EVENTS
    figures.first.append(sample.first)
    if values(number)["email"] not in sample.text:
        raise RuntimeError(f"{subject.name} did not give the caller's own value back")


async def compare(found: Subjects, rival: Subject, requests: int) -> dict[str, Figures]:
    """Rounds in which the subjects take turns, so that a change in the machine's speed affects all of them."""
    taking = (found.upstream, found.passthrough, found.gateway, rival)
    figures = {subject.name: Figures() for subject in taking}
    number = 1
    for subject in taking:
        await stream(subject, found.key, number, Figures())
    for _ in range(requests):
        for subject in taking:
            number += 1
            await stream(subject, found.key, number, figures[subject.name])
    return figures


def text(figures: dict[str, Figures]) -> str:
    """A table, with ratios relative to the gateway."""
    direct = percentile(figures["upstream"].first, 50)
    ours = figures["gateway"].micros
    lines = [
        "| subject | CPU-µs per event | against the gateway | first text, p50 ms over direct |"
    ]
    lines.append("|---|---|---|---|")
    for name, one in figures.items():
        added = (percentile(one.first, 50) - direct) * 1000
        lines.append(f"| {name} | {one.micros:.1f} | {one.micros / ours:.2f} | {added:.1f} |")
    return "\n".join(lines)


async def _bench(requests: int, spacing: float) -> dict[str, Figures]:
    with tempfile.TemporaryDirectory(prefix="sekisho-streaming-") as name:
        folder = Path(name)
        async with (
            subjects(folder, chunks=EVENTS, spacing=spacing) as found,
            litellm_proxy(folder, found.upstream.url, found.key) as rival,
        ):
            return await compare(found, rival, requests)


def main(requests: Requests = 5, as_json: bool = False) -> None:
    """Print the cost of each subject. No file is written."""
    if not (BIN / "litellm").exists():
        sys.exit("LiteLLM's proxy is not installed: make clients")
    for pace, spacing in PACES.items():
        figures = asyncio.run(_bench(requests, spacing))
        output = {
            name: {"cpu_us_per_event": f.micros, "first_s": f.first} for name, f in figures.items()
        }
        typer.echo(
            orjson.dumps({pace: output}).decode() if as_json else f"{pace}:\n{text(figures)}"
        )


if __name__ == "__main__":
    typer.run(main)
