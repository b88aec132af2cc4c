"""Starts and stops what the walkthrough needs: the local model, the recording proxy and the gateway process."""

import asyncio
import os
import re
import secrets
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import orjson
import yaml

from gateway import timeouts
from gateway.demo.model import LocalModel
from gateway.demo.recording_proxy import RecordingProxy
from gateway.demo.scenario import configuration
from gateway.keys import KeyRing

POLICIES = Path(__file__).resolve().parents[2] / "policies"
_PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]+_[0-9a-z]{8,}\]")


class Grammar:
    """Rewrites requests between the recording proxy and the model, to force replies that quote placeholders."""

    def __init__(self) -> None:
        self.enforced = False

    def rewrite(self, body: bytes) -> bytes:
        """The request for the model; unchanged unless a grammar is enforced and there are placeholders to quote."""
        placeholders = list(dict.fromkeys(_PLACEHOLDER.findall(body.decode("utf-8", "replace"))))
        if not self.enforced or not placeholders:
            return body
        document = orjson.loads(body)
        quoted = ' " and then I read " '.join(f'"{placeholder}"' for placeholder in placeholders)
        # GBNF, llama.cpp's format: literals in quotes, one after another.
        document["grammar"] = f'root ::= "I read: " {quoted} "."'
        return orjson.dumps(document)


class GatewayDidNotStart(RuntimeError):
    """The gateway process ended or did not become ready; the message holds the end of its log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """A running demonstration."""

    folder: Path
    base_url: str
    api_key: str
    proxy: RecordingProxy
    grammar: Grammar

    @property
    def config(self) -> Path:
        return self.folder / "sekisho.yaml"

    @property
    def store(self) -> Path:
        return self.folder / "audit.db"

    @property
    def log(self) -> Path:
        return self.folder / "gateway.log"


@asynccontextmanager
async def environment(folder: Path) -> AsyncIterator[Environment]:
    """Start the model, a recording proxy in front of it, and ``sekisho serve`` in front of that, all on loopback.

    Args:
        folder: an empty folder for the configuration, the key ring, the audit log and the gateway's log.

    Raises:
        GatewayDidNotStart: with the end of the gateway's log.
    """
    grammar = Grammar()
    api_key = f"sk-sekisho-{secrets.token_urlsafe(24)}"
    async with (
        LocalModel() as model,
        RecordingProxy(model.base_url, rewrite=grammar.rewrite) as proxy,
    ):
        port, admin_port = _free_port(), _free_port()
        _write(folder, port=port, admin_port=admin_port, model_url=proxy.base_url)
        async with _gateway(folder, api_key, f"http://127.0.0.1:{port}"):
            yield Environment(
                folder=folder,
                base_url=f"http://127.0.0.1:{port}/v1",
                api_key=api_key,
                proxy=proxy,
                grammar=grammar,
            )


def _write(folder: Path, *, port: int, admin_port: int, model_url: str) -> None:
    ring = folder / "ring.json"
    ring.touch(mode=0o600)  # before the content: the gateway refuses a ring that others may read
    ring.write_text(KeyRing.new().dump())
    document = configuration(
        folder=folder, policies=POLICIES, port=port, admin_port=admin_port, model_url=model_url
    )
    (folder / "sekisho.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


@asynccontextmanager
async def _gateway(folder: Path, api_key: str, url: str) -> AsyncIterator[None]:
    with (folder / "gateway.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "serve", "--config", str(folder / "sekisho.yaml")),
            # Not as an argument: other users can see command lines.
            env={**os.environ, "SEKISHO_DEMO_KEY": api_key},
            stdout=log,
            stderr=log,
        )
    try:
        await _ready(process, url, folder / "gateway.log")
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(process: asyncio.subprocess.Process, url: str, log: Path) -> None:
    deadline = time.monotonic() + timeouts.DEMO_START
    async with aiohttp.ClientSession() as session:
        while process.returncode is None and time.monotonic() < deadline:
            try:
                async with session.get(f"{url}/readyz") as reply:
                    if reply.status == 200:
                        return
            except aiohttp.ClientConnectionError:
                pass
            await asyncio.sleep(0.1)
    raise GatewayDidNotStart(log.read_text(errors="replace")[-4000:])


def _free_port() -> int:
    with socket.socket() as probe:
        # Another process may take the port before the gateway does; the
        # start then fails and reports it.
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
