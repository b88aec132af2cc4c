"""``sekisho serve`` as a process: starts, serves, and stops when told to."""

import signal
from pathlib import Path

import aiohttp

from tests.parts.commands import Process, run, write_config


async def test_it_serves_on_both_ports_and_stops_cleanly(tmp_path: Path) -> None:
    async with Process(tmp_path, detect={"processes": 1}) as gateway:
        async with aiohttp.ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{gateway.admin_port}/health") as reply:
                assert (await reply.json())["ready"] is True
            async with session.get(f"{gateway.url}/metrics") as reply:
                assert reply.status == 404
        assert await gateway.signal(signal.SIGTERM) in (0, -signal.SIGTERM)
    verified = run("audit", "verify", "--config", str(tmp_path / "sekisho.yaml"))
    assert verified.exit_code == 0, verified.output


def test_a_bad_configuration_does_not_start(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "ring.json").write_text("{}")
    result = run("serve", "--config", str(config))
    assert result.exit_code == 1
    assert "ring" in result.stderr
