"""One budget, four processes, 64 clients each, on a real Redis; undisturbed, and with processes killed at random."""

import asyncio
import os
import random
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.parts.budget_client import RESERVED
from tests.parts.opa import ROOT
from tests.parts.redis import RedisServer

PROCESSES, CLIENTS = 4, 64
ROUNDS = 20 if os.environ.get("SEKISHO_PROVE") else 3


@dataclass
class Story:
    """What the processes wrote: the model against which the counter is held."""

    asked: set[str] = field(default_factory=set)
    granted: set[str] = field(default_factory=set)
    refused: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)

    def bounds(self) -> tuple[int, int]:
        """The least and the most that the counter may hold, given what a kill leaves unknown."""
        least = most = 0
        for hold in self.asked - self.refused.keys():
            sure = hold.split("-")[0] in self.ended
            truth = self.spent.get(hold, RESERVED)
            least += truth if hold in self.granted else 0
            most += truth if sure else RESERVED
        return least, most


def read(folder: Path) -> Story:
    story = Story()
    for path in folder.glob("*.log"):
        for line in path.read_text().splitlines():
            kind, hold, *figure = line.split()
            match kind:
                case "A":
                    story.asked.add(hold)
                case "G":
                    story.granted.add(hold)
                case "X":
                    story.refused[hold] = int(figure[0])
                case "S":
                    story.spent[hold] = int(figure[0])
                case _:
                    story.ended.add(hold)
    return story


TURNS = 60
"""Of a process that is to be killed: more than it can finish before."""


async def spender(
    server: RedisServer, folder: Path, name: str, limit: int, turns: int = 6
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(
            sys.executable,
            "-m",
            "tests.parts.budget_client",
            server.url,
            str(folder / f"{name}.log"),
        ),
        *(str(CLIENTS), str(turns), str(limit)),
        cwd=ROOT,
    )


def begun(folder: Path) -> bool:
    return any(folder.glob("*.log"))


def counter(server: RedisServer) -> int:
    (key,) = server.cli("keys", "sekisho:{acme}:counter:*").split()
    return sum(map(int, server.cli("hvals", key).split()))


async def test_T45_one_budget_is_never_overspent_nor_under_granted(tmp_path: Path) -> None:
    limit = 60_000
    async with RedisServer(tmp_path) as server:
        running = [await spender(server, tmp_path, str(n), limit) for n in range(PROCESSES)]
        assert [await process.wait() for process in running] == [0] * PROCESSES
        total = counter(server)
    story = read(tmp_path)
    assert len(story.asked) == PROCESSES * CLIENTS * 6
    assert len(story.granted) + len(story.refused) == len(story.asked)
    assert total == sum(story.spent.values()) <= limit
    assert story.refused, "the budget was meant to run out"
    # Each refusal was right: what was held then, and this request, would have passed the limit.
    assert min(story.refused.values()) > limit - RESERVED
    assert max(story.refused.values()) <= limit


@pytest.mark.parametrize("seed", range(ROUNDS))
async def test_T45_processes_killed_at_random_neither_overspend_nor_leak(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    limit = 60_000
    async with RedisServer(tmp_path) as server:
        running = [await spender(server, tmp_path, str(n), limit, TURNS) for n in range(PROCESSES)]
        while not begun(tmp_path):
            await asyncio.sleep(0.02)
        for victim in chance.sample(range(PROCESSES), 2):
            await asyncio.sleep(chance.uniform(0.1, 0.5))
            if running[victim].returncode is None:
                running[victim].kill()
            running.append(await spender(server, tmp_path, f"again{victim}", limit))
        ends = [await process.wait() for process in running]
        total = counter(server)
    assert set(ends) == {0, -signal.SIGKILL}
    story = read(tmp_path)
    least, most = story.bounds()
    assert least <= total <= most
    assert sum(story.spent.values()) <= total <= limit
    assert all(used > limit - RESERVED for used in story.refused.values())
