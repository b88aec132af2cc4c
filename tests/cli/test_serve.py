"""``sekisho serve`` as a process: starts, serves, and stops when told to."""

import signal
import ssl
from pathlib import Path

import aiohttp
import pytest

from tests.parts.certificates import Authority
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


async def test_both_ports_use_tls(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    issued = ca.issue("gateway", "127.0.0.1")
    tls = {"cert_file": str(issued.cert_file), "key_file": str(issued.key_file)}
    mutual = {**tls, "client_ca_file": str(ca.ca_file)}
    async with Process(tmp_path, tls=tls, admin_tls=mutual, detect={"processes": 1}) as gateway:
        trusting = ssl.create_default_context(cafile=str(ca.ca_file))
        certified = ssl.create_default_context(cafile=str(ca.ca_file))
        certified.load_cert_chain(issued.cert_file, issued.key_file)
        admin = f"https://127.0.0.1:{gateway.admin_port}/health"
        async with aiohttp.ClientSession() as session:
            async with session.get(f"{gateway.url}/readyz", ssl=trusting) as reply:
                assert reply.status == 200
            async with session.get(admin, ssl=certified) as reply:
                assert reply.status == 200
            with pytest.raises(aiohttp.ClientError):
                await session.get(admin, ssl=trusting)
        assert await gateway.signal(signal.SIGTERM) in (0, -signal.SIGTERM)


def test_a_bad_configuration_does_not_start(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    (tmp_path / "ring.json").write_text("{}")
    result = run("serve", "--config", str(config))
    assert result.exit_code == 1
    assert "ring" in result.stderr
