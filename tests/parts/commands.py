"""The command line, and a separate gateway process."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any, Self

import aiohttp
import yaml
from typer.testing import CliRunner, Result

from gateway.cli import app
from tests.parts.configuration import document
from tests.parts.gateways import KEY, prepared
from tests.parts.opa import ROOT
from tests.parts.ports import free_port

ENVIRON = {"SEKISHO_TEST_KEY": KEY}


def run(*arguments: str, stdin: str | None = None) -> Result:
    """Run ``sekisho`` with these arguments in this process."""
    return CliRunner().invoke(app, list(arguments), input=stdin, env=ENVIRON)


def write_config(folder: Path, **changes: Any) -> Path:
    """A configuration file in ``folder`` whose files exist."""
    prepared(folder)
    changes.setdefault("policy", {"path": str(ROOT / "policies")})
    path = folder / "sekisho.yaml"
    path.write_text(yaml.safe_dump(document(folder=str(folder), **changes)))
    return path


class Process:
    """``sekisho serve`` in a process of its own, on ports that stay the same over restarts."""

    def __init__(
        self,
        folder: Path,
        *,
        tls: dict[str, str] | None = None,
        admin_tls: dict[str, str] | None = None,
        **changes: Any,
    ) -> None:
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.folder = folder
        listen = {"port": self.port, "tls": tls}
        admin = {"port": self.admin_port, "tls": admin_tls}
        self._config = write_config(folder, listen=listen, admin=admin, **changes)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()

    async def start(self) -> None:
        """Start and wait until it is ready."""
        with (self.folder / "gateway.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", "serve", "--config", str(self._config)),
                env={**os.environ, **ENVIRON},
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )
        async with asyncio.timeout(90), aiohttp.ClientSession() as session:
            while not await self._ready(session):
                await asyncio.sleep(0.05)

    async def signal(self, number: signal.Signals) -> int:
        """Send a signal and wait for the end."""
        self.process.send_signal(number)
        return await self.process.wait()

    async def _ready(self, session: aiohttp.ClientSession) -> bool:
        if self.process.returncode is not None:
            raise RuntimeError((self.folder / "gateway.log").read_text())
        try:
            async with session.get(f"{self.url}/readyz", ssl=False) as reply:
                return reply.status == 200
        except aiohttp.ClientConnectionError:
            return False
