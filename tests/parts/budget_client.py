"""A process that spends one budget with many concurrent clients, and logs its steps: run by the quota tests.

Each line is written before its step, so that the state that a killed process left behind is known:
``A hold`` requests, ``G hold amount`` was granted, ``X hold used`` was refused, ``S hold spent`` settles.
"""

import asyncio
import os
import random
import sys
from pathlib import Path

from gateway.errors import BudgetExhausted
from gateway.exchange import ReplyStats
from gateway.quota.concurrency import Concurrency
from gateway.quota.counters import QuotaCounters
from gateway.quota.harvest import HarvestGuard
from gateway.quota.quotas import Quotas, Sizes
from gateway.settings.quotas import Price, Quota
from gateway.settings.state import State as StateSettings
from gateway.state.redis import RedisState
from gateway.types import UsageEvent
from tests.parts.samples import call, exchange, principal

RESERVED = 174
"""Tokens that the call of this process may come to: 64 and 10 of input, 100 of output."""


async def spend(url: str, log: int, clients: int, each: int, limit: int) -> None:
    state = RedisState(StateSettings(url=url, timeout_ms=5000))
    await state.start()
    ledger = QuotaCounters(state, grace_seconds=0, grace_share=0)
    quotas = Quotas(
        [Quota(name="budget", count="tokens", limit=limit, calendar="month")],
        prices={"r1-a": Price(input=1, output=1)},
        counters=ledger,
        concurrency=Concurrency(clients),
        harvest=HarvestGuard({}, lambda _: b""),
        default_output_tokens=100,
    )

    def write(*words: object) -> None:
        os.write(log, (" ".join(map(str, words)) + "\n").encode())

    async def client(number: int) -> None:
        for turn in range(each):
            hold = f"{os.getpid()}-{number}-{turn}"
            write("A", hold)
            sizes = Sizes(model="deepseek-r1", deployments=("r1-a",))
            try:
                held = await quotas.reserve(principal(), call("hi"), sizes, hold)
            except BudgetExhausted as error:
                (status,) = error.statuses
                write("X", hold, status.limit - status.remaining)
                continue
            write("G", hold, RESERVED)
            await asyncio.sleep(random.uniform(0, 0.01))
            spent = random.randint(0, RESERVED)
            usage = UsageEvent(input_tokens=spent, output_tokens=0)
            write("S", hold, spent)
            held.settle(exchange(hold, reply=ReplyStats(usage=usage)))

    await asyncio.gather(*(client(number) for number in range(clients)))
    await ledger.close()
    await state.close()
    write("E", os.getpid())


def main() -> None:
    url, path, clients, each, limit = sys.argv[1:]
    log = os.open(Path(path), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    asyncio.run(spend(url, log, int(clients), int(each), int(limit)))


if __name__ == "__main__":
    main()
