"""The three subjects of a run, each a separate process on loopback: upstream, passthrough, gateway."""

import asyncio
import os
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil
import yaml

from bench.measure import Tree
from bench.payloads import MODEL
from bench.upstream import CHUNKS, SPACING
from gateway.keys import KeyRing

POLICIES = Path(__file__).resolve().parent.parent / "policies"
KEY_ENV = "SEKISHO_BENCH_KEY"
_START_SECONDS = 120.0


class DidNotStart(RuntimeError):
    """A subject ended or did not answer; the message ends with its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A server of chat completions, and its cost."""

    name: str
    url: str
    tree: Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """All of them, with the key that the gateway requires (the others ignore it)."""

    upstream: Subject
    passthrough: Subject
    gateway: Subject
    key: str

    def __iter__(self) -> Iterator[Subject]:
        return iter((self.upstream, self.passthrough, self.gateway))


@asynccontextmanager
async def subjects(
    folder: Path, *, chunks: int = CHUNKS, spacing: float = SPACING
) -> AsyncIterator[Subjects]:
    """Start all three, wait until each answers, and stop them at the end.

    A streamed answer has ``chunks`` pieces, ``spacing`` seconds apart.

    With more than one core, the load generator and the model server have the last one exclusively.

    Raises:
        DidNotStart: with the subject's log.
    """
    cores = sorted(os.sched_getaffinity(0))
    last, others = cores[-1:], cores[:-1] or cores
    os.sched_setaffinity(0, last)
    key = f"sk-sekisho-{secrets.token_urlsafe(24)}"
    model, through, port, admin = (free_port() for _ in range(4))
    config = configure(folder, port, admin, {"model": deployment(f"{url_of(model)}/v1")})
    serve = ["gateway", "serve", "--config", str(config)]
    bare = ["bench.passthrough", str(through), url_of(model)]
    async with (
        process(
            folder,
            ["bench.upstream", str(model), str(chunks), str(spacing)],
            last,
            f"{url_of(model)}/last",
        ) as upstream,
        process(folder, bare, others, f"{url_of(through)}/docs") as passthrough,
        process(folder, serve, others, f"{url_of(port)}/readyz", {KEY_ENV: key}) as gateway,
    ):
        yield Subjects(
            upstream=Subject(name="upstream", url=url_of(model), tree=upstream),
            passthrough=Subject(name="passthrough", url=url_of(through), tree=passthrough),
            gateway=Subject(name="gateway", url=url_of(port), tree=gateway),
            key=key,
        )


def deployment(base_url: str, model: str = MODEL) -> dict[str, str]:
    """The settings of an in-house deployment that policy permits."""
    return {
        "base_url": base_url,
        "model": model,
        "operator": "self",
        "zone": "in-house",
        "datacentre": "JP",
        "weights": "smollm2",
    }


def configure(
    folder: Path, port: int, admin: int, deployments: dict[str, dict[str, str]], **more: object
) -> Path:
    """The gateway's configuration: these deployments, and everything else by default or from ``more``."""
    ring = folder / "ring.json"
    ring.touch(mode=0o600)
    ring.write_text(KeyRing.new().dump())
    caller = {"id": "bench", "key_env": KEY_ENV, "tenant": "bench", "app": "bench"}
    document = {
        "listen": {"port": port},
        "admin": {"port": admin},
        "keys": {"ring_file": str(ring)},
        "audit": {"store": f"sqlite:///{folder / 'audit.db'}"},
        "policy": {"path": str(POLICIES)},
        "identity": {"keys": [caller]},
        "models": {MODEL: {"deployments": list(deployments)}},
        "deployments": deployments,
        **more,
    }
    path = folder / "sekisho.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    return path


@asynccontextmanager
async def process(
    folder: Path,
    module: Sequence[str],
    cores: list[int],
    probe: str,
    environ: dict[str, str] | None = None,
) -> AsyncIterator[Tree]:
    """A Python module as a process on the given cores, once ``probe`` answers."""
    log = folder / f"{module[0]}.log"
    with log.open("wb") as output:
        started = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *module),
            env={**os.environ, **(environ or {})},
            stdout=output,
            stderr=output,
        )
    try:
        root = psutil.Process(started.pid)
        root.cpu_affinity(cores)
        if not await answers(started, probe):
            raise DidNotStart(f"{probe}: {log.read_text(errors='replace')[-2000:]}")
        yield Tree(root=root)
    finally:
        if started.returncode is None:
            started.terminate()
        await started.wait()


async def answers(process: asyncio.subprocess.Process, probe: str) -> bool:
    """Whether the process answers before it ends or the time to start is over."""
    deadline = time.monotonic() + _START_SECONDS
    async with aiohttp.ClientSession() as session:
        while process.returncode is None and time.monotonic() < deadline:
            try:
                async with session.get(probe) as reply:
                    if reply.status < 500:
                        return True
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
    return False


def url_of(port: int) -> str:
    """The URL of a server on the port."""
    return f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
