"""The load: requests one after another, or a few at a time, each timed by the client."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import aiohttp
import orjson

_HEADERS = {"content-type": "application/json"}


class WrongAnswer(RuntimeError):
    """A subject did not answer with a valid reply: its figures would be meaningless."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One request: seconds to its first text and to its end, and the text of the reply."""

    first: float
    whole: float
    text: str = field(repr=False)


async def drive(url: str, key: str, bodies: Iterable[bytes], concurrency: int = 1) -> list[Sample]:
    """Send every body and wait for every reply.

    Raises:
        WrongAnswer: a reply is not a 200 with text.
    """
    waiting, samples = iter(bodies), list[Sample]()
    headers = {**_HEADERS, "authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession(headers=headers) as session, asyncio.TaskGroup() as tasks:
        for _ in range(concurrency):
            tasks.create_task(_work(session, f"{url}/v1/chat/completions", waiting, samples))
    return samples


async def _work(
    session: aiohttp.ClientSession, url: str, waiting: Iterator[bytes], samples: list[Sample]
) -> None:
    for body in waiting:  # shared by all workers: each takes the next
        sample = await _one(session, url, body)
        samples.append(sample)


async def _one(session: aiohttp.ClientSession, url: str, body: bytes) -> Sample:
    began = time.perf_counter()
    async with session.post(url, data=body) as reply:
        if reply.status != 200:
            raise WrongAnswer(f"{url}: status {reply.status}: {(await reply.text())[:500]}")
        if reply.content_type == "text/event-stream":
            return await _streamed(reply, began)
        document = orjson.loads(await reply.read())
    took = time.perf_counter() - began
    return Sample(first=took, whole=took, text=document["choices"][0]["message"]["content"])


async def _streamed(reply: aiohttp.ClientResponse, began: float) -> Sample:
    first, pieces, done = 0.0, list[str](), False
    async for line in reply.content:
        if not line.startswith(b"data: "):
            continue
        done = line.startswith(b"data: [DONE]")
        piece = "" if done else _piece(line[6:])
        if piece:
            first = first or time.perf_counter() - began
            pieces.append(piece)
    if not done:
        raise WrongAnswer("the stream ended without [DONE]")
    return Sample(first=first, whole=time.perf_counter() - began, text="".join(pieces))


def _piece(data: bytes) -> str:
    document = orjson.loads(data)
    if "error" in document:
        raise WrongAnswer(f"the stream ended with {document['error']}")
    return "".join(choice["delta"].get("content") or "" for choice in document["choices"])
