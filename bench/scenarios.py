"""What is asked of every subject, and the controls that prove the figures mean something."""

from collections.abc import Callable, Iterator
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

    ``known`` gives the requests that come before the measured one, in the same conversation; ``body``
    the measured one. Both take the number of the conversation's first turn.
    """

    name: str
    body: Callable[[int], bytes]
    known: Callable[[int], list[bytes]] = lambda _: []


def _turns(first: int, number: int) -> range:
    return range(first, first + number)


SCENARIOS = (
    Scenario(name="one short turn, all new", body=lambda n: chat(_turns(n, 1))),
    Scenario(
        name="ten turns, nine known",
        body=lambda n: chat(_turns(n, TURNS)),
        known=lambda n: [chat(_turns(n, TURNS - 1))],
    ),
    Scenario(name="the tenth turn alone", body=lambda n: chat(range(n + TURNS - 1, n + TURNS))),
    Scenario(name="one short turn, streamed", body=lambda n: chat(_turns(n, 1), stream=True)),
)


class Conversations:
    """Gives every conversation turns of its own, so that nothing measured was seen before."""

    def __init__(self) -> None:
        self._first = count(step=TURNS)

    def take(self, number: int) -> Iterator[int]:
        """The first turns of the next ``number`` conversations."""
        return (next(self._first) for _ in range(number))


async def prepare(subject: Subject, key: str, scenario: Scenario, firsts: list[int]) -> None:
    """Send what comes before the measured requests."""
    known = [body for first in firsts for body in scenario.known(first)]
    if known:
        await drive(subject.url, key, known)


async def run(subject: Subject, key: str, scenario: Scenario, firsts: list[int]) -> list[Sample]:
    """Send the measured requests."""
    return await drive(subject.url, key, [scenario.body(first) for first in firsts])


async def control(subjects: Subjects) -> None:
    """Prove what was under test: the gateway masks and restores, the passthrough does neither.

    Raises:
        WrongAnswer: a benchmark of something that was not at work.
    """
    for subject in subjects:
        masks = subject is subjects.gateway
        for stream in (False, True):
            first = 10_000_000 + stream
            planted = [v for k, v in values(first).items() if k != "n"]
            (sample,) = await drive(
                subject.url, subjects.key, [chat(_turns(first, 1), stream=stream)]
            )
            on_the_wire = [value for value in planted if value in await _last(subjects.upstream)]
            if bool(on_the_wire) == masks or any(value not in sample.text for value in planted):
                raise WrongAnswer(
                    f"{subject.name}: {len(on_the_wire)} of {len(planted)} planted values reached the "
                    f"model, {sum(v in sample.text for v in planted)} came back (stream: {stream})"
                )


async def _last(upstream: Subject) -> str:
    async with aiohttp.ClientSession() as session, session.get(f"{upstream.url}/last") as reply:
        return await reply.text()
