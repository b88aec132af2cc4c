"""``python -m bench.rivals``: the gateway compared with LiteLLM's proxy, bare and with its Presidio guardrail, in one run.

CPU of all processes of a subject for each request: one message of 40 words, one of 200, and a chat of ten turns of
which nine are known. Every text is new to every subject. The gateway finds, decides, masks, restores and records;
the guardrail finds, masks and restores; the bare proxy only forwards.
"""

import asyncio
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, Final

import orjson
import typer

from bench.detection import message
from bench.litellm_proxy import BIN, litellm_proxy
from bench.load import WrongAnswer, drive
from bench.payloads import MODEL
from bench.scenarios import received
from bench.subjects import Subject, subjects

_ROUNDS: Final = 5
_SPACING: Final = 1_000_000
_ADDRESS: Final = re.compile(r"support[0-9]+@example\.com")

Requests = Annotated[
    int, typer.Option("--requests", min=_ROUNDS, help="Requests for each subject and kind.")
]


def chat(texts: list[str]) -> bytes:
    """A chat whose turns are the texts, an odd number: the first and the last are the user's."""
    roles = ("user", "assistant")
    messages = [{"role": roles[number % 2], "content": text} for number, text in enumerate(texts)]
    return orjson.dumps({"model": MODEL, "messages": messages})


def new(words: int, number: int) -> str:
    """A message of about so many words, with its number."""
    return f"{message(words, number)} ({number})"


def short(number: int) -> list[bytes]:
    """One message of 40 words."""
    return [chat([new(40, number)])]


def long(number: int) -> list[bytes]:
    """One message of 200 words."""
    return [chat([new(200, number)])]


def tenth(number: int) -> list[bytes]:
    """A chat of nine turns, which is not measured, and the same with a short answer and one more message."""
    turns = [new(40, number + turn) for turn in range(9)]
    return [chat(turns), chat([*turns, "Understood.", new(40, number + 9)])]


KINDS: Final[dict[str, Callable[[int], list[bytes]]]] = {
    "40 words": short,
    "200 words": long,
    "tenth turn": tenth,
}


async def control(subject: Subject, key: str, upstream: Subject, *, masks: bool) -> None:
    """Check the subject: whether the model receives the address in a message.

    Only the gateway must restore it: when findings overlap, the guardrail of LiteLLM 1.106.2
    numbers them in a way that it can't reverse, and the reply is damaged.

    Raises:
        WrongAnswer: the subject does not work as described.
    """
    number = _SPACING + masks
    text = new(200, number)
    (sample,) = await drive(subject.url, key, [chat([text])])
    (address,) = set(_ADDRESS.findall(text)[:1])
    back = address in sample.text or subject.name != "gateway"
    if (address in await received(upstream)) == masks or not back:
        raise WrongAnswer(f"{subject.name}: whether it masks and restores is not as expected")


async def cost(subject: Subject, key: str, bodies: list[bytes]) -> float:
    """CPU seconds of the last request."""
    if bodies[:-1]:
        await drive(subject.url, key, bodies[:-1])
    before = subject.tree.cpu_seconds()
    await drive(subject.url, key, bodies[-1:])
    await asyncio.sleep(0.02)  # what a subject writes after its answer is part of its cost
    return subject.tree.cpu_seconds() - before


async def compare(taking: list[Subject], key: str, requests: int) -> dict[str, dict[str, float]]:
    """CPU milliseconds of a request by kind and subject; subjects take turns."""
    spent: dict[str, dict[str, float]] = {kind: defaultdict(float) for kind in KINDS}
    numbers: Iterator[int] = iter(range(0, _SPACING, 10))
    for kind, bodies in KINDS.items():
        for subject in taking:
            await cost(subject, key, bodies(next(numbers)))
        for _ in range(requests):
            for subject in taking:
                spent[kind][subject.name] += await cost(subject, key, bodies(next(numbers)))
    return {
        kind: {name: seconds / requests * 1e3 for name, seconds in by.items()}
        for kind, by in spent.items()
    }


def text(found: dict[str, dict[str, float]]) -> str:
    """A table: CPU of the gateway, and that of the others as multiples of it."""
    names = [name for name in next(iter(found.values())) if name != "gateway"]
    lines = [f"{'':12}{'gateway, ms':>14}" + "".join(f"{'× ' + name:>22}" for name in names)]
    for kind, by in found.items():
        others = "".join(f"{by[name] / by['gateway']:22.2f}" for name in names)
        lines.append(f"{kind:12}{by['gateway']:14.1f}{others}")
    return "\n".join(lines)


async def _bench(requests: int) -> dict[str, dict[str, float]]:
    with tempfile.TemporaryDirectory(prefix="sekisho-rivals-") as name:
        folder = Path(name)
        async with (
            subjects(folder) as found,
            litellm_proxy(folder, found.upstream.url, found.key) as bare,
            litellm_proxy(folder, found.upstream.url, found.key, guardrail=True) as guarded,
        ):
            taking = [found.gateway, found.passthrough, bare, guarded]
            for subject in taking:
                masks = subject in (found.gateway, guarded)
                await control(subject, found.key, found.upstream, masks=masks)
            return await compare(taking, found.key, requests)


def main(requests: Requests = 30) -> None:
    """Print the cost of each subject. No file is written."""
    if not (BIN / "litellm").exists():
        sys.exit("LiteLLM's proxy is not installed: make clients")
    typer.echo(text(asyncio.run(_bench(requests))))


if __name__ == "__main__":
    typer.run(main)
