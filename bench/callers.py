"""The cost of identity and quotas for a request: without quotas, counted in memory, and counted in Redis, in one run.

Each request is authenticated with a key of the key file (whose revocations are polled meanwhile), reserves on three
quotas, and settles. Besides the time, the commands that Redis served for it are counted by Redis itself.

Run with ``python -m bench.callers [--json] [--requests N]``. Needs ``redis-server``.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import structlog

from gateway.exchange import Exchange, ReplyStats
from gateway.identity.authenticator import Authenticator
from gateway.identity.credential import Peer
from gateway.identity.keys.api_keys import ApiKeys
from gateway.identity.keys.key_file import KeyFile, mint, write
from gateway.identity.keys.revocations import Revocations
from gateway.identity.lockout import Lockout
from gateway.identity.tokens.on_behalf_of import EndUsers
from gateway.keys import KeyRing
from gateway.quota.concurrency import Concurrency
from gateway.quota.counters import QuotaCounters
from gateway.quota.harvest import HarvestGuard
from gateway.quota.quotas import Quotas, Sizes
from gateway.settings.quotas import Price, Quota
from gateway.settings.state import State as StateSettings
from gateway.state.base import State
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState
from gateway.types import Call, Segment, UsageEvent
from tests.parts.redis import RedisServer

SUBJECTS: Final = ("no quota", "memory", "redis")
CONCURRENCY: Final = (1, 16, 64)
ROUNDS: Final = 3
_QUOTAS: Final = (
    Quota(name="pace", count="requests", limit=10**9, per=("key",), window_seconds=60),
    Quota(name="day", count="tokens", limit=10**9, per=("app", "model"), calendar="day"),
    Quota(name="month", count="money", limit=10**9, calendar="month"),
)
_SIZES: Final = Sizes(model="deepseek-r1", deployments=("r1-a",))
_TEXT: Final = "Please write to the customer about the invoice of last month. " * 8
_PEER: Final = Peer(address="127.0.0.1")
_CALL: Final = Call(
    dialect="openai",
    operation="chat.completions",
    model="deepseek-r1",
    stream=True,
    document={},
    segments=(Segment(path=("messages", 0, "content"), origin="user", text=_TEXT),),
    tools=frozenset(),
    modalities=frozenset({"text"}),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One subject at one concurrency: the median of the rounds, and its ratio to no quota."""

    subject: str
    concurrency: int
    microseconds: float
    """Wall time of the run over its requests."""
    ratio: float
    commands: float
    """Script commands that Redis executed per request."""


class Stages:
    """Identity and quotas as in the pipeline."""

    def __init__(self, identity: Authenticator, quotas: Quotas, key: str) -> None:
        self._identity = identity
        self._quotas = quotas
        self._headers = [(b"authorization", f"Bearer {key}".encode())]
        self._number = 0

    async def request(self) -> None:
        self._number += 1
        request_id = f"req_{id(self)}_{self._number}"
        exchange = Exchange(request_id=request_id, started=0.0, dialect="", operation="")
        principal = await self._identity.authenticate(self._headers, _PEER)
        held = await self._quotas.reserve(principal, _CALL, _SIZES, request_id)
        exchange.reply = ReplyStats(usage=UsageEvent(input_tokens=100, output_tokens=100))
        held.settle(exchange)


@asynccontextmanager
async def stages(path: Path, state: State, quotas: tuple[Quota, ...]) -> AsyncIterator[Stages]:
    """The two stages on one state."""
    ring = KeyRing.new()
    key, row = mint(ring, key_id="a", tenant="acme", app="b", groups=("c",), expires=None)
    write(path, [row])
    file = KeyFile(path, ring)
    ledger = QuotaCounters(state, grace_seconds=0, grace_share=0)
    identity = Authenticator(
        ApiKeys((), environ={}, hash_key=b"h" * 32),
        file=file,
        tokens=None,
        certificates=None,
        users=EndUsers((), ring),
        revocations=Revocations(state, file, stale_seconds=1.0, log=structlog.get_logger()),
        lockout=Lockout(10, 60.0),
    )
    made = Quotas(
        quotas,
        prices={"r1-a": Price(input=1, output=2)},
        counters=ledger,
        concurrency=Concurrency(10_000),
        harvest=HarvestGuard({}, lambda _: b""),
        default_output_tokens=4096,
    )
    await state.start()
    await identity.start()
    try:
        yield Stages(identity, made, key)
    finally:
        await ledger.close()
        await identity.close()
        await state.close()


def scripts(server: RedisServer) -> int:
    """Scripts that the server has run."""
    rows = server.cli("info", "commandstats").splitlines()
    found = (row for row in rows if row.startswith("cmdstat_eval"))
    return sum(int(row.partition("calls=")[2].partition(",")[0]) for row in found)


async def run(requests: int) -> list[Figure]:
    """The subjects in turns, so that a change in the machine's speed affects all of them."""
    with tempfile.TemporaryDirectory(prefix="sekisho-bench-") as name:
        folder = Path(name)
        async with RedisServer(folder) as server, AsyncExitStack() as stack:
            made: dict[str, Stages] = {}
            for subject in SUBJECTS:
                state: State = MemoryState()
                if subject == "redis":
                    state = RedisState(StateSettings(url=server.url, timeout_ms=5000))
                quotas = () if subject == "no quota" else _QUOTAS
                path = folder / f"{subject}.json"
                made[subject] = await stack.enter_async_context(stages(path, state, quotas))
                await load(made[subject], 200, 1)
            return [
                figure
                for concurrency in CONCURRENCY
                for figure in await compare(made, server, requests, concurrency)
            ]


async def compare(
    made: dict[str, Stages], server: RedisServer, requests: int, concurrency: int
) -> list[Figure]:
    """All subjects at one concurrency."""
    seconds: dict[str, list[float]] = {subject: [] for subject in made}
    commands: dict[str, float] = {}
    for _ in range(ROUNDS):
        for subject, running in made.items():
            before = scripts(server)
            seconds[subject].append(await load(running, requests, concurrency))
            await asyncio.sleep(0.3)
            commands[subject] = (scripts(server) - before) / requests
    middle = {subject: sorted(taken)[ROUNDS // 2] for subject, taken in seconds.items()}
    return [
        Figure(
            subject=subject,
            concurrency=concurrency,
            microseconds=middle[subject] * 1e6,
            ratio=middle[subject] / middle["no quota"],
            commands=commands[subject],
        )
        for subject in made
    ]


async def load(running: Stages, requests: int, concurrency: int) -> float:
    """Wall seconds for one request."""

    async def worker() -> None:
        for _ in range(requests // concurrency):
            await running.request()

    began = time.perf_counter()
    await asyncio.gather(*(worker() for _ in range(concurrency)))
    return (time.perf_counter() - began) / (requests // concurrency * concurrency)


def text(figures: list[Figure]) -> str:
    """A table."""
    rows = ["subject     at once   µs a request   beside no quota   scripts a request"]
    rows += [
        f"{f.subject:<10}{f.concurrency:>9}{f.microseconds:>15.0f}{f.ratio:>16.1f}×{f.commands:>20.2f}"
        for f in figures
    ]
    return "\n".join(rows)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--requests", type=int, default=2000)
    options: Any = parser.parse_args()
    figures = asyncio.run(run(options.requests))
    print(json.dumps([asdict(figure) for figure in figures]) if options.json else text(figures))


if __name__ == "__main__":
    main()
