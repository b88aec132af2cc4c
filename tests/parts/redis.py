"""Real Redis servers on loopback: single, with Sentinel, as a Cluster, with TLS; tests pause and kill them."""

import asyncio
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Self

import pytest

from tests.parts.ports import free_port

_START_SECONDS = 20.0


def redis_binary(name: str = "redis-server") -> str:
    """Where Redis is installed; where it is missing the test is skipped, loudly."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: apt-get install redis-server (Debian, Ubuntu)")
    return found


class RedisServer:
    """One server on a port that stays the same over restarts. Nothing is written to disk.

    Args:
        folder: for its configuration and log.
        options: lines of its configuration.
        sentinel: run as a sentinel.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        port: int | None = None,
        tls: bool = False,
        sentinel: bool = False,
    ) -> None:
        self.port = port or free_port()
        self._binary = redis_binary()
        self._folder = folder / str(self.port)
        self._folder.mkdir(exist_ok=True)
        self._tls = tls
        self._sentinel = sentinel
        ports = (f"port {0 if tls else self.port}", *((f"tls-port {self.port}",) if tls else ()))
        common = ("bind 127.0.0.1", f"dir {self._folder}", f"logfile {self._folder}/log")
        durable = () if sentinel else ("save ''", "appendonly no")
        self._config = self._folder / "redis.conf"
        self._config.write_text("\n".join([*ports, *common, *durable, *options]) + "\n")

    @property
    def url(self) -> str:
        return f"{'rediss' if self._tls else 'redis'}://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start, and wait until it takes connections."""
        mode = ("--sentinel",) if self._sentinel else ()
        self._process = await asyncio.create_subprocess_exec(
            self._binary,
            str(self._config),
            *mode,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_START_SECONDS):
            while not await self._listens():
                await asyncio.sleep(0.02)

    async def kill(self) -> None:
        """End it as a crash would; without a disk, it forgets everything."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def pause(self) -> None:
        """Freeze it, connections open, as ``docker pause`` does."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def cli(self, *arguments: str) -> str:
        """What ``redis-cli`` prints."""
        command = [redis_binary("redis-cli"), "-p", str(self.port), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def dump(self) -> bytes:
        """Everything that it holds, as the file that it would write."""
        self.cli("config", "set", "dir", str(self._folder))
        self.cli("config", "set", "rdbcompression", "no")
        self.cli("save")
        keys = self.cli("keys", "*").encode()
        return keys + (self._folder / "dump.rdb").read_bytes()

    async def _listens(self) -> bool:
        if self._process.returncode is not None:
            raise RuntimeError((self._folder / "log").read_text())
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except ConnectionError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def cluster(folder: Path) -> AsyncIterator[list[RedisServer]]:
    """Three masters that hold all slots between them."""
    nodes = [
        RedisServer(
            folder,
            "cluster-enabled yes",
            f"cluster-port {free_port()}",  # of the nodes' own bus
            "cluster-node-timeout 2000",
        )
        for _ in range(3)
    ]
    async with AsyncExitStack() as stack:
        for node in nodes:
            await stack.enter_async_context(node)
        addresses = [f"127.0.0.1:{node.port}" for node in nodes]
        await asyncio.to_thread(nodes[0].cli, "--cluster", "create", *addresses, "--cluster-yes")
        async with asyncio.timeout(_START_SECONDS):
            while not all("cluster_state:ok" in node.cli("cluster", "info") for node in nodes):
                await asyncio.sleep(0.1)
        yield nodes


@asynccontextmanager
async def sentinel(folder: Path) -> AsyncIterator[tuple[str, RedisServer, RedisServer]]:
    """A URL, the master and its replica, watched by one sentinel that acts within a second."""
    async with AsyncExitStack() as stack:
        master = await stack.enter_async_context(RedisServer(folder))
        follows = f"replicaof 127.0.0.1 {master.port}"
        replica = await stack.enter_async_context(
            RedisServer(folder, follows, "repl-diskless-sync-delay 0")
        )
        watcher = await stack.enter_async_context(
            RedisServer(
                folder,
                f"sentinel monitor checkpoint 127.0.0.1 {master.port} 1",
                "sentinel down-after-milliseconds checkpoint 500",
                "sentinel failover-timeout checkpoint 2000",
                sentinel=True,
            )
        )
        async with asyncio.timeout(_START_SECONDS):
            while "slave0" not in watcher_info(watcher, master):
                await asyncio.sleep(0.1)
        yield f"redis+sentinel://127.0.0.1:{watcher.port}/checkpoint", master, replica


def watcher_info(watcher: RedisServer, master: RedisServer) -> str:
    """The master's replication as it tells it, once the sentinel knows the replica."""
    known = watcher.cli("sentinel", "replicas", "checkpoint")
    info = master.cli("info", "replication")
    return info if "master-link-status\nok" in known and "state=online" in info else ""


def certificates(folder: Path) -> Path:
    """A folder with ``ca.pem``, and ``server.pem`` and ``client.pem`` (with keys) that chain to it."""
    script = (
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca "
        "-addext keyUsage=critical,keyCertSign,cRLSign && "
        "for n in server client; do openssl req -newkey rsa:2048 -nodes -keyout $n.key -out $n.csr -subj /CN=$n && "
        "printf 'subjectAltName=IP:127.0.0.1\\nauthorityKeyIdentifier=keyid\\n' > $n.ext && "
        "openssl x509 -req -in $n.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out $n.pem -days 2 -extfile $n.ext; done"
    )
    subprocess.run(["/bin/bash", "-ec", script], cwd=folder, check=True, capture_output=True)
    return folder
