"""A process that writes to a log, to be killed or to be starved of disk by the tests.

``appender.py LOG RING append PREFIX`` appends for ever, eight at a time, and prints the request id
of each entry once it is acknowledged. ``appender.py LOG RING full`` prints what happens to one
entry before, while and after the disk is full.
"""

import asyncio
import os
import resource
import sys
from dataclasses import replace
from pathlib import Path

from gateway.audit.log import AuditLog
from gateway.audit.sqlite import SqliteStore
from gateway.errors import AuditUnavailable
from gateway.keys import KeyRing
from gateway.telemetry.logs import configure
from tests.audit.logs import ENTRY


async def append(log: AuditLog, prefix: str, worker: int) -> None:
    number = 0
    while True:
        request_id = f"{prefix}-{worker}-{number}"
        await log.append(replace(ENTRY, request_id=request_id))
        os.write(1, f"{request_id}\n".encode())
        number += 1


async def full(log: AuditLog, path: Path) -> None:
    await say(log)
    taken = os.stat(f"{path}-wal").st_size  # noqa: PTH116  # small, and nobody else waits
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (taken, hard))
    await say(log)
    os.write(1, b"ready\n" if await log.ready() else b"not-ready\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    os.write(1, b"ready\n" if await log.ready() else b"not-ready\n")
    await say(log)


async def say(log: AuditLog) -> None:
    try:
        await log.append(ENTRY)
    except AuditUnavailable:
        os.write(1, b"unavailable\n")
    else:
        os.write(1, b"written\n")


async def main(path: Path, ring: KeyRing, what: str, prefix: str = "") -> None:
    configure("error")
    log = AuditLog(SqliteStore(path), origin="sekisho", ring=ring, checkpoint_seconds=0.05)
    await log.start()
    if what == "full":
        await full(log, path)
    else:
        await asyncio.gather(*(append(log, prefix, worker) for worker in range(8)))
    await log.close()


if __name__ == "__main__":
    keys = KeyRing.load(Path(sys.argv[2]).read_text())
    asyncio.run(main(Path(sys.argv[1]), keys, *sys.argv[3:]))
