"""``python -m bench.affinity``: the cost of choosing a replica, and the saving when a conversation stays at its replica.

Three llama.cpp servers with the model of the demonstration serve the gateway. Conversations are interleaved, like those of many users;
each turn sends the whole history. The servers report how much of each prompt was in their cache. The same load runs
with and without remembered conversations, each time with new servers, whose caches are empty.
"""

import asyncio
import os
import secrets
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import aiohttp
import orjson
import typer

from bench.load import WrongAnswer
from bench.payloads import MODEL, message
from bench.subjects import KEY_ENV, configure, deployment, free_port, process, url_of
from gateway.demo.model import NAME, LocalModel

_REPLICAS: Final = ("a", "b", "c")
_AT_ONCE: Final = 3
_REMEMBERED: Final = {"remembered": 10_000, "not remembered": 0}
"""The setting ``routing.conversations``."""


@dataclass(kw_only=True)
class Figures:
    """Prompt tokens that the servers processed."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    seconds: float = 0.0

    @property
    def hit_rate(self) -> float:
        """The share of prompt tokens that were in a server's cache."""
        return self.cached_tokens / self.prompt_tokens


@asynccontextmanager
async def gateway(folder: Path, conversations: int, key: str) -> AsyncIterator[str]:
    """The gateway in front of three new replicas."""
    cores = sorted(os.sched_getaffinity(0))
    async with AsyncExitStack() as stack:
        models = {
            name: await stack.enter_async_context(LocalModel(threads=1)) for name in _REPLICAS
        }
        port, admin = free_port(), free_port()
        places = {name: deployment(model.base_url, NAME) for name, model in models.items()}
        config = configure(folder, port, admin, places, routing={"conversations": conversations})
        serve = ["gateway", "serve", "--config", str(config)]
        url = url_of(port)
        await stack.enter_async_context(
            process(folder, serve, cores, f"{url}/readyz", {KEY_ENV: key})
        )
        yield url


async def converse(
    session: aiohttp.ClientSession, url: str, numbers: Iterator[int], turns: int, figures: Figures
) -> None:
    """Runs conversations from the shared numbers one after another; concurrent callers interleave their turns."""
    for number in numbers:
        history: list[dict[str, str]] = []
        for turn in range(turns):
            history.append({"role": "user", "content": message(100 * number + turn)})
            body = {"model": MODEL, "messages": history, "max_tokens": 8}
            async with session.post(f"{url}/v1/chat/completions", data=orjson.dumps(body)) as reply:
                if reply.status != 200:
                    raise WrongAnswer(await reply.text())
                document = orjson.loads(await reply.read())
            count(document["usage"], figures)
            history.append(document["choices"][0]["message"])


def count(usage: dict[str, object], figures: Figures) -> None:
    """Add what one server reported about a prompt."""
    details = usage.get("prompt_tokens_details")
    figures.prompt_tokens += int(str(usage["prompt_tokens"]))
    figures.cached_tokens += int(details["cached_tokens"]) if isinstance(details, dict) else 0


async def measure(conversations: int, turns: int, remembered: int) -> Figures:
    """Run the load through a new gateway and new replicas."""
    figures, key = Figures(), f"sk-sekisho-{secrets.token_urlsafe(24)}"
    headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
    numbers = iter(range(1, conversations + 1))
    with tempfile.TemporaryDirectory(prefix="sekisho-affinity-") as name:
        async with (
            gateway(Path(name), remembered, key) as url,
            aiohttp.ClientSession(headers=headers) as session,
        ):
            began = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(_AT_ONCE):
                    tasks.create_task(converse(session, url, numbers, turns, figures))
            figures.seconds = time.perf_counter() - began
    return figures


def main(
    conversations: Annotated[int, typer.Option(min=_AT_ONCE)] = 12,
    turns: Annotated[int, typer.Option(min=2)] = 4,
    as_json: bool = False,
) -> None:
    """Print the share of prompt tokens from the caches, and the duration of the load."""
    for name, remembered in _REMEMBERED.items():
        found = asyncio.run(measure(conversations, turns, remembered))
        if as_json:
            row = {"hit_rate": found.hit_rate, "seconds": found.seconds}
            typer.echo(orjson.dumps({name: row}).decode())
        else:
            typer.echo(f"{name}: {found.hit_rate:.0%} of the prompts cached, {found.seconds:.0f} s")


if __name__ == "__main__":
    typer.run(main)
