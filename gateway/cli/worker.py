"""``sekisho worker``: one gateway process of several; started by ``sekisho serve`` and by nobody else."""

import asyncio
import os
import signal
import socket
from typing import Annotated

import structlog
import typer
import uvloop

from gateway.app import compose
from gateway.cli.serve import on_signals, server
from gateway.fleet.control import Channel
from gateway.fleet.worker import answer
from gateway.settings.root import Settings
from gateway.telemetry.logs import configure

Handle = Annotated[int, typer.Option(help="A socket that the supervisor passes on.")]


def worker(control: Handle, listen: Handle) -> None:
    """Serve on a socket that the supervisor has opened."""
    uvloop.run(_work(_own(control), _own(listen)))


def _own(handle: int) -> socket.socket:
    """A socket that was passed on, for this process alone: detectors would keep it open."""
    passed = socket.socket(fileno=handle)
    passed.set_inheritable(False)
    return passed


async def _work(control: socket.socket, listener: socket.socket) -> None:
    channel = await Channel.open(control)
    order = await channel.receive()
    settings = Settings.model_validate(order["settings"])
    configure(settings.logs.level)
    structlog.contextvars.bind_contextvars(worker=order["worker"])
    gateway = compose(settings, os.environ, worker=order["worker"])
    gateway.pipeline.router.hold(order["draining"])
    public = server(gateway.public(), settings.listen)
    async with gateway.running():
        on_signals(public.stop, signal.SIGTERM, signal.SIGINT)
        on_signals(gateway.refresh_policy, signal.SIGHUP)
        answering = asyncio.ensure_future(answer(channel, gateway, public.stop))
        await public.serve([listener])
        answering.cancel()
        await answering
