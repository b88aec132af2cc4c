"""The socket test: a family is enabled only while this passes. Every socket of the process but the deployment's own is denied."""

import os
import subprocess
import sys

from tests.parts.opa import ROOT
from tests.parts.vendors import needs_litellm

SCRIPT = """
import asyncio, pathlib, sys, tempfile
from tests.parts.scripted import ScriptedUpstream
from tests.parts.vendors import VENDORS
from tests.upstream.litellm.test_adapter import cleared, events, TOOL

ports, denied = set(), []

def watch(event, args):
    if event == "socket.getaddrinfo" and args[0] not in ("127.0.0.1", None):
        denied.append((event, args[0]))
        raise PermissionError(event)
    if event in ("socket.connect", "socket.sendto") and args[1][1] not in ports:
        denied.append((event, args[1]))
        raise PermissionError(event)

sys.addaudithook(watch)
entered = ScriptedUpstream.__aenter__

async def enter(self):
    await entered(self)
    ports.add(self.port)
    return self

ScriptedUpstream.__aenter__ = enter

async def main():
    for vendor in VENDORS:
        for streamed, script in ((False, vendor.whole), (True, vendor.streamed)):
            permission = cleared(vendor, streamed=streamed, tools=[TOOL])
            got, server = await events(vendor, permission, script, pathlib.Path(tempfile.mkdtemp()))
            assert got and server.connections == 1, vendor.family
            assert not denied, (vendor.family, denied)

asyncio.run(main())
"""


@needs_litellm
def test_no_enabled_family_opens_another_socket() -> None:
    planted = {
        "AWS_PROFILE": "none",
        "GOOGLE_APPLICATION_CREDENTIALS": "/nonexistent",
        "DEEPSEEK_API_BASE": "http://127.0.0.1:1",
        "HTTPS_PROXY": "http://127.0.0.1:1",
        "PYTHONPATH": str(ROOT),
    }
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        env={**os.environ, **planted},
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr.decode()[-2000:]
