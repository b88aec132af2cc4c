"""Runs canarywire, an independent test of gateways, against this one: ``make canarywire``.

canarywire (https://github.com/pitkonst/canarywire) plays both sides: it sends requests with test values, and it is the model server that searches for
them. It runs in a separate environment. It sends no key, so a small proxy in this script adds one; nothing else is changed. Its report
is written to ``docs/evidence/canarywire.md``.
"""

import asyncio
import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import psutil
import yaml
from aiohttp import web

from bench.subjects import POLICIES, free_port, process, url_of
from gateway.keys import KeyRing

ROOT: Final = Path(__file__).resolve().parent.parent
TOOL: Final = ROOT / ".tools/canarywire/bin/canarywire"
REPORT: Final = ROOT / "docs/evidence/canarywire.md"
_KEY_ENV: Final = "SEKISHO_CANARYWIRE_KEY"
_GENERATORS: Final = ("default", "tool-calls", "multi-turn")


def gateway_settings(folder: Path, *, port: int, admin: int, capture: str) -> dict[str, Any]:
    """A gateway whose only deployment is canarywire's capture server."""
    ring = folder / "ring.json"
    ring.touch(mode=0o600)
    ring.write_text(KeyRing.new().dump())
    caller = {"id": "canarywire", "key_env": _KEY_ENV, "tenant": "test", "app": "test"}
    deployment = {
        "base_url": f"{capture}/v1",
        "model": "canarywire-test",
        "operator": "self",
        "zone": "in-house",
        "datacentre": "JP",
        "weights": "smollm2",
    }
    return {
        "listen": {"port": port},
        "admin": {"port": admin},
        "keys": {"ring_file": str(ring)},
        "audit": {"store": f"sqlite:///{folder / 'audit.db'}"},
        "policy": {"path": str(POLICIES)},
        # No cache: a text that was scanned before needs no detector, so that a failing detector would have no effect.
        "detect": {"cache_entries": 0},
        "identity": {"keys": [caller]},
        "models": {"canarywire-test": {"deployments": ["capture"]}},
        "deployments": {"capture": deployment},
    }


def run_settings(gateway: int, *, front: str, capture: str) -> dict[str, Any]:
    """The settings of canarywire's run: its three generators, and detectors that hang.

    Its capture server answers in the protocol of the request, so the route is that of the deployments' protocol.

    Args:
        gateway: process id of the gateway. Its detector processes are looked up when the fault begins, and again when it
            ends: one that hangs is replaced.
        front: URL of the gateway, as canarywire calls it.
        capture: URL of canarywire's model server.
    """
    command = f"cd {shlex.quote(str(ROOT))} && {shlex.quote(sys.executable)} -m tools.canarywire"
    return {
        "capture": {"url": capture},
        "target": {
            "base_url": front,
            "duty": "restore",
            "routes": [
                {"protocol": "openai-chat", "path": "/v1/chat/completions"},
            ],
        },
        "generators": {
            "baseline": {"templates": list(_GENERATORS)},
            "fragmentation": {"templates": ["default", "multi-turn"]},
            "fault": {"templates": ["default"]},
        },
        "faults": [
            {
                "name": "detectors-hang",
                "before": f"{command} stop {gateway}",
                "after": f"{command} continue {gateway} && sleep 20",
                "expect": "refuse",
            }
        ],
    }


@asynccontextmanager
async def keyed_front(target: str, key: str) -> AsyncIterator[str]:
    """Forwards requests with the key added, and streams replies back."""
    async with aiohttp.ClientSession(auto_decompress=False) as session:

        async def passed(request: web.Request) -> web.StreamResponse:
            headers = {"authorization": f"Bearer {key}", "content-type": "application/json"}
            body = await request.read()
            async with session.post(f"{target}{request.path}", data=body, headers=headers) as reply:
                kind = {"content-type": reply.headers["content-type"]}
                response = web.StreamResponse(status=reply.status, headers=kind)
                await response.prepare(request)
                async for piece in reply.content.iter_any():
                    await response.write(piece)
                return response

        app = web.Application()
        app.router.add_post("/{path:.*}", passed)
        runner = web.AppRunner(app)
        await runner.setup()
        port = free_port()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        try:
            yield url_of(port)
        finally:
            await runner.cleanup()


async def run() -> int:
    """Run canarywire once, and return its exit status."""
    key = f"sk-sekisho-{secrets.token_urlsafe(24)}"
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="sekisho-canarywire-") as name:
        folder = Path(name)
        port, admin, capture = (free_port() for _ in range(3))
        settings = gateway_settings(folder, port=port, admin=admin, capture=url_of(capture))
        config = folder / "sekisho.yaml"
        config.write_text(yaml.safe_dump(settings, sort_keys=False))
        server = await asyncio.create_subprocess_exec(
            TOOL, "serve", "--listen", f"127.0.0.1:{capture}", cwd=folder
        )
        try:
            serve = ["gateway", "serve", "--config", str(config)]
            probe = f"{url_of(port)}/readyz"
            async with (
                process(folder, serve, cores, probe, {_KEY_ENV: key}) as tree,
                keyed_front(url_of(port), key) as front,
            ):
                settings = run_settings(tree.root.pid, front=front, capture=url_of(capture))
                (folder / "run.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
                return await _attack(folder)
        finally:
            server.terminate()
            await server.wait()


def detectors(gateway: psutil.Process) -> list[psutil.Process]:
    """The fork server of detectors, and its workers."""
    # The server first: one that runs would replace workers that were stopped.
    servers = [child for child in gateway.children() if _detects(child)]
    return [*servers, *(worker for server in servers for worker in server.children())]


def _detects(child: psutil.Process) -> bool:
    return "gateway.detect" in " ".join(child.cmdline())


def signal_detectors(action: str, gateway: int) -> int:
    """Stop or continue the detectors of a gateway; returns 1 when it has no worker."""
    server = psutil.Process(gateway)
    found = detectors(server)
    for detector in found:
        if action == "stop":
            detector.suspend()
        else:
            detector.resume()
    return 0 if len(found) > 1 else 1


async def _attack(folder: Path) -> int:
    tester = await asyncio.create_subprocess_exec(
        *(TOOL, "run", "--config", str(folder / "run.yaml"), "--out", str(folder / "report")),
        cwd=folder,
    )
    status = await tester.wait()
    found = sorted((folder / "report").rglob("report.md"))
    if found:
        REPORT.parent.mkdir(parents=True, exist_ok=True)
        text = found[-1].read_text(encoding="utf-8").replace(str(folder), "…")
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)
        REPORT.write_text(
            f"{text.rstrip()}\n- Commit of this gateway: {_commit()}\n", encoding="utf-8"
        )
    return status


def _commit() -> str:
    """The commit that is checked out, and whether the files differ from it."""

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(ROOT), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()  # noqa: S603  # fixed words

    changed = git("status", "--porcelain", "--untracked-files=no", "--", ":!docs")
    return git("rev-parse", "HEAD") + (" with changes" if changed else "")


if __name__ == "__main__":
    # With arguments, it is a command of the fault: an action and the gateway's process id.
    sys.exit(
        signal_detectors(sys.argv[1], int(sys.argv[2])) if sys.argv[1:] else asyncio.run(run())
    )
