"""``sekisho worker``: one gateway process of several; started only by ``sekisho serve``."""

import os
import signal
import socket
from typing import Annotated

import structlog
import typer

from gateway.app import compose
from gateway.cli.serve import on_signals, run_until_closed, server_of
from gateway.fleet.channel import Channel
from gateway.fleet.worker import serve_control
from gateway.settings.root import Settings
from gateway.telemetry.logs import configure

Handle = Annotated[int, typer.Option(help="A socket that the supervisor passes on.")]


def worker(control: Handle, listen: Handle) -> None:
    """Serve on a socket that the supervisor has opened."""
    run_until_closed(_work(_adopt_socket(control), _adopt_socket(listen)))


def _adopt_socket(handle: int) -> socket.socket:
    """The inherited socket, not inheritable in turn: detector processes would keep it open."""
    passed = socket.socket(fileno=handle)
    passed.set_inheritable(False)
    return passed


async def _work(control: socket.socket, listener: socket.socket) -> None:
    channel = await Channel.open(control)
    startup = await channel.receive()
    # From the supervisor and not from the file, which may have changed since.
    settings = Settings.model_validate(startup["settings"])
    configure(settings.logs.level)
    structlog.contextvars.bind_contextvars(worker=startup["worker"])
    gateway = compose(settings, os.environ, worker=startup["worker"])
    # Before serving: a worker that replaces another must know what has been drained meanwhile.
    gateway.pipeline.router.set_draining(startup["draining"])
    public = server_of(gateway, gateway.public(), settings.listen)
    async with gateway.running():
        on_signals(public.stop, signal.SIGTERM, signal.SIGINT)
        on_signals(gateway.refresh_policy, signal.SIGHUP)
        control_task = await serve_control(channel, gateway, public.stop)
        await public.serve([listener])
        await control_task.close()
