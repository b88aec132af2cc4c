"""An installation: a folder with a configuration, in which commands and a gateway run as processes."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.parts.ports import free_port
from tests.upgrade.client import Client

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 90.0
_LOG = "serve.log"


@dataclass(frozen=True, kw_only=True)
class Installation:
    """A folder that holds ``sekisho.yaml`` and the files that it names.

    ``variables`` are those that the configuration interpolates; ``checkout`` is the source tree that runs.
    """

    folder: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    checkout: Path = ROOT

    def environment(self) -> dict[str, str]:
        """The environment of every process that runs here."""
        ports = {"PORT": "0", "ADMIN_PORT": "0"}
        return {**os.environ, **ports, **self.variables, "PYTHONPATH": str(self.checkout)}

    def run(self, *arguments: str) -> str:
        """Run a ``sekisho`` command; its standard output.

        Raises:
            RuntimeError: its exit code is not 0.
        """
        done = subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            output = done.stdout + done.stderr
            raise RuntimeError(f"{arguments}: exit code {done.returncode}\n{output}")
        return done.stdout

    def run_json(self, *arguments: str) -> Any:
        """Run a command with ``--json``; what it printed."""
        return json.loads(self.run(*arguments, "--json"))

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Client]:
        """``sekisho serve`` while the block runs, from when it is ready; then it gets SIGTERM.

        Raises:
            RuntimeError: it ended too early, or with an exit code other than 0.
        """
        port, admin_port = free_port(), free_port()
        process = await self._start({"PORT": str(port), "ADMIN_PORT": str(admin_port)})
        try:
            async with Client(process.pid, port, admin_port) as client:
                await self._until_ready(client, process)
                yield client
            process.send_signal(signal.SIGTERM)
            if await process.wait():
                raise RuntimeError(self._log())
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()

    async def _start(self, ports: Mapping[str, str]) -> asyncio.subprocess.Process:
        with (self.folder / _LOG).open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "gateway", "serve"),
                cwd=self.folder,
                env={**self.environment(), **ports},
                stdout=log,
                stderr=log,
            )

    async def _until_ready(self, client: Client, process: asyncio.subprocess.Process) -> None:
        async with asyncio.timeout(_START_SECONDS):
            while not await client.ready():
                if process.returncode is not None:
                    raise RuntimeError(self._log())
                await asyncio.sleep(0.05)

    def _log(self) -> str:
        return (self.folder / _LOG).read_text()
