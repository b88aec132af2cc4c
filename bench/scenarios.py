"""The scenarios that every subject runs, and the checks that make the figures meaningful."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count

import aiohttp

from bench.load import Sample, WrongAnswer, drive
from bench.payloads import chat, values
from bench.subjects import Subject, Subjects

TURNS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A kind of request.

    ``body`` returns the measured request, ``known`` those before it; both take the number of the
    first turn of a conversation, which has :data:`TURNS` turns of its own plus one spare.
    """

    name: str
    body: Callable[[int], bytes]
    known: Callable[[int], list[bytes]] = lambda _: []


def _history(first: int) -> range:
    return range(first, first + TURNS - 1)


def _last(first: int) -> int:
    return first + TURNS - 1


ALONE = Scenario(name="one turn, new", body=lambda first: chat(range(0), _last(first)))
KNOWN = Scenario(
    name="ten turns, nine known",
    body=lambda first: chat(_history(first), _last(first)),
    known=lambda first: [chat(_history(first), _last(first) + 1)],
)
STREAMED = Scenario(
    name="one turn, new, streamed", body=lambda first: chat(range(0), first, stream=True)
)
SCENARIOS = (ALONE, KNOWN, STREAMED)


class Conversations:
    """Gives every conversation its own turns, so that no measured turn is known from before."""

    def __init__(self) -> None:
        self._first = count(step=TURNS + 1)

    def take(self, number: int) -> list[int]:
        """The first turns of the next ``number`` conversations."""
        return [next(self._first) for _ in range(number)]


async def prepare(subject: Subject, key: str, scenario: Scenario, firsts: list[int]) -> None:
    """Send the requests before the measured ones."""
    known = [body for first in firsts for body in scenario.known(first)]
    if known:
        await drive(subject.url, key, known)


async def run(subject: Subject, key: str, scenario: Scenario, firsts: list[int]) -> list[Sample]:
    """Send the measured requests."""
    return await drive(subject.url, key, [scenario.body(first) for first in firsts])


async def control(subjects: Subjects) -> None:
    """Check the subjects: the gateway masks and restores, the passthrough does neither.

    Raises:
        WrongAnswer: a subject does not work as described.
    """
    for subject in subjects:
        masks = subject is subjects.gateway
        for stream in (False, True):
            first = 10_000_000 + stream
            planted = [v for k, v in values(first).items() if k != "n"]
            body = chat(range(0), first, stream=stream)
            (sample,) = await drive(subject.url, subjects.key, [body])
            seen = await received(subjects.upstream)
            on_the_wire = [value for value in planted if value in seen]
            if bool(on_the_wire) == masks or any(value not in sample.text for value in planted):
                raise WrongAnswer(
                    f"{subject.name}: {len(on_the_wire)} of {len(planted)} test values reached the "
                    f"model, {sum(v in sample.text for v in planted)} came back (stream: {stream})"
                )


async def received(upstream: Subject) -> str:
    """The last request that the model server received."""
    async with aiohttp.ClientSession() as session, session.get(f"{upstream.url}/last") as reply:
        return await reply.text()
