"""A real Open Policy Agent: the binary built from ``tools/go.mod``, and a server that loads a bundle."""

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Self

import aiohttp
import pytest

from tests.parts.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 30.0


def opa_binary() -> Path:
    """The ``opa`` binary that ``make tools`` builds; where it is missing the test is skipped, loudly."""
    path = ROOT / ".tools" / "bin" / "opa"
    if not path.exists():
        pytest.skip("OPA is not built: run 'make tools'")
    return path


def opa(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``opa`` with these arguments, in a folder if one is given."""
    command = [str(opa_binary()), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


class OpaServer:
    """An OPA server on a loopback port that stays the same over restarts."""

    def __init__(self, bundle: Path) -> None:
        self._bundle = bundle
        self._address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{self._address}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start, and wait until the bundle is active."""
        self._process = await asyncio.create_subprocess_exec(
            *(str(opa_binary()), "run", "--server", "--addr", self._address),
            *("--log-level", "error", "--disable-telemetry", "--bundle", str(self._bundle)),
            env={**os.environ, "GOMAXPROCS": "1"},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with asyncio.timeout(_START_SECONDS), aiohttp.ClientSession() as session:
            while not await self._healthy(session):
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End the server as a crash would."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    async def _healthy(self, session: aiohttp.ClientSession) -> bool:
        try:
            async with session.get(f"{self.url}/health?bundles") as reply:
                return reply.status == 200
        except aiohttp.ClientConnectionError:
            return False
