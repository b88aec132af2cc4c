"""``sekisho serve``: run the gateway until a signal stops it."""

import asyncio
import gc
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, cast

import structlog
import typer
import uvicorn
import uvloop
from fastapi import FastAPI

from gateway import timeouts
from gateway.app import Gateway, compose
from gateway.background import NotClosed, close_in_time
from gateway.cli.common import DEFAULT_CONFIG, FAULT, Config, exit_with, load_or_exit
from gateway.edge.admin import admin_app
from gateway.edge.connection import GuardedConnection, OnClose
from gateway.edge.tls import ServerTls
from gateway.errors import ConfigError
from gateway.fleet.shared_folder import SharedFolder
from gateway.fleet.supervisor import Supervisor
from gateway.settings.server import Limits, Listen
from gateway.telemetry.logs import configure

_QUEUE = 2048
"""Connections that may wait to be accepted."""


def serve(config: Config = DEFAULT_CONFIG) -> None:
    """Run the gateway."""
    settings = load_or_exit(config)
    configure(settings.logs.level)
    try:
        gateway = compose(settings, os.environ)
        run_until_closed(_run(gateway) if settings.workers == 1 else _supervise(gateway))
    except ConfigError as error:
        exit_with(error)


def run_until_closed(main: Coroutine[Any, Any, None]) -> None:
    """Run ``main``, and end the process soon after it, even if a task or a thread does not end.

    Raises:
        Exit: something did not close.
    """
    try:
        uvloop.run(_then_exit(main))
    except NotClosed:
        raise typer.Exit(FAULT) from None


async def _then_exit(main: Coroutine[Any, Any, None]) -> None:
    try:
        await main
    finally:
        # The interpreter waits for every task and thread, without a time limit.
        exiting = threading.Timer(timeouts.EXIT, _exit_now, [asyncio.all_tasks()])
        # The timer itself must not keep the process alive.
        exiting.daemon = True
        exiting.start()


def _exit_now(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """End the process without waiting for anything, and log what it would have waited for."""
    left = [task.get_name() for task in tasks if not task.done()]
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon]
    structlog.get_logger().error("exit_forced", tasks=sorted(left), threads=sorted(threads))
    os._exit(FAULT)


async def _run(gateway: Gateway) -> None:
    """One process serves both ports."""
    public = server_of(gateway, gateway.public(), gateway.settings.listen)
    admin = server_of(gateway, gateway.admin(), gateway.settings.admin)
    async with gateway.running():
        gc.collect()
        gc.freeze()  # objects made at start are permanent: collections skip them
        async with _admin_server(gateway, admin, stop=public.stop, reload=gateway.refresh_policy):
            await public.serve()
    structlog.get_logger().info("stopped")


async def _supervise(gateway: Gateway) -> None:
    """This process serves the admin port, its workers the public one."""
    # One socket for all workers: the kernel distributes connections, and its queue outlives a worker.
    with _listening(gateway.settings.listen) as listener, SharedFolder() as share:
        fleet = Supervisor(gateway, share, listener)
        api = gateway.admin_api(reload=fleet.reload, deployments=fleet)
        app = admin_app(fleet.metrics, fleet.health, fleet.background_health, api)
        admin = server_of(gateway, app, gateway.settings.admin)
        async with (
            gateway.supervising(),
            _admin_server(gateway, admin, stop=fleet.stop, reload=fleet.reload),
        ):
            await fleet.run()
    structlog.get_logger().info("stopped")


@asynccontextmanager
async def _admin_server(
    gateway: Gateway, admin: "Server", *, stop: Callable[[], None], reload: Callable[[], None]
) -> AsyncIterator[None]:
    """Serve the admin port and handle signals, for as long as the public port is served."""
    admin_task = asyncio.ensure_future(admin.serve())  # ends with the process, and is awaited below
    on_signals(stop, signal.SIGTERM, signal.SIGINT)
    on_signals(reload, signal.SIGHUP)
    settings = gateway.settings
    log = structlog.get_logger()
    log.info("started", workers=settings.workers, **settings.listen.model_dump(exclude={"tls"}))
    try:
        yield
    finally:
        admin.stop()
        await close_in_time("admin port", lambda: _wait(admin_task))


async def _wait(task: asyncio.Future[None]) -> None:
    await task


def _listening(listen: Listen) -> socket.socket:
    """The public socket, which workers inherit.

    Raises:
        ConfigError: it can't be opened.
    """
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    try:
        return socket.create_server((listen.host, listen.port), family=family, backlog=_QUEUE)
    except OSError as error:
        where = f"{listen.host}:{listen.port}"
        raise ConfigError([f"listen: {where} can't be opened: {error.strerror}"]) from None


def on_signals(callback: Callable[[], object], *signals: signal.Signals) -> None:
    """Call ``callback`` at any of the signals."""
    for one in signals:
        asyncio.get_running_loop().add_signal_handler(one, callback)


class Server(uvicorn.Server):
    """A server that does not handle signals: uvicorn's handlers end the process before the gateway has closed.

    It ends as soon as :meth:`stop` is called, while uvicorn polls a flag ten times a second.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stop_requested = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are handled by :func:`on_signals`."""
        yield

    def stop(self) -> None:
        """Accept no more requests, and end when those in flight have."""
        self.should_exit = True
        self._stop_requested.set()

    async def main_loop(self) -> None:
        """Wait for :meth:`stop`. uvicorn's loop also updates default headers and counts requests, which are not used."""
        await self._stop_requested.wait()


def server_of(gateway: Gateway, app: FastAPI, listen: Listen) -> Server:
    """A server of one of the gateway's ports."""
    on_close = gateway.pipeline.recorder.connection_closed
    return server(app, listen, gateway.settings.limits, on_close)


def server(app: FastAPI, listen: Listen, limits: Limits, on_close: OnClose) -> Server:
    """A server of one port, which reports the connections that it closes because of a limit."""
    return Server(_config(app, listen, limits, on_close))


def _config(app: FastAPI, listen: Listen, limits: Limits, on_close: OnClose) -> uvicorn.Config:
    tls = listen.tls
    return uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        loop="uvloop",
        # uvicorn calls it as it would the class, for each connection.
        http=cast("type[asyncio.Protocol]", partial(GuardedConnection, limits, on_close)),
        ws="none",
        # The gateway starts and closes its parts itself: before and after both ports are served.
        lifespan="off",
        log_config=None,
        # uvicorn's lines would contain paths, which are text of callers.
        access_log=False,
        server_header=False,
        date_header=False,
        # X-Forwarded-For is not trusted: callers could evade a lockout with another address.
        proxy_headers=False,
        ssl_context_factory=None if tls is None else lambda *_: ServerTls.of(tls),
        timeout_keep_alive=limits.idle_seconds,  # type: ignore[arg-type]  # passed to call_later
        timeout_graceful_shutdown=timeouts.DRAIN,
    )
