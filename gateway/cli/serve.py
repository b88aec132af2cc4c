"""``sekisho serve``: run the gateway until it is told to stop."""

import asyncio
import gc
import os
import signal

import structlog
import uvicorn
import uvloop
from fastapi import FastAPI

from gateway.app import Gateway, compose
from gateway.cli.common import DEFAULT_CONFIG, Config, exit_with, load_or_exit
from gateway.edge.tls import ServerTls
from gateway.errors import ConfigError
from gateway.settings.server import Listen
from gateway.telemetry.logs import configure

_DRAIN_SECONDS = 30


def serve(config: Config = DEFAULT_CONFIG) -> None:
    """Run the gateway."""
    settings = load_or_exit(config)
    configure(settings.logs.level)
    try:
        uvloop.run(_run(compose(settings, os.environ)))
    except ConfigError as error:
        exit_with(error)


async def _run(gateway: Gateway) -> None:
    log = structlog.get_logger()
    public = uvicorn.Server(_config(gateway.public(), gateway.settings.listen))
    admin = _Follower(_config(gateway.admin(), gateway.settings.admin))
    async with gateway.running():
        gc.collect()
        gc.freeze()  # what was made at start stays for good: no collection needs to walk it
        follower = asyncio.ensure_future(admin.serve())
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, gateway.refresh_policy)
        log.info("started", **gateway.settings.listen.model_dump(exclude={"tls"}))
        try:
            await public.serve()
        finally:
            admin.should_exit = True
            await follower
    log.info("stopped")


class _Follower(uvicorn.Server):
    """A server that leaves signals to the other one and stops with it."""

    def install_signal_handlers(self) -> None:
        """Signals belong to the public server."""


def _config(app: FastAPI, listen: Listen) -> uvicorn.Config:
    tls = listen.tls
    return uvicorn.Config(
        app,
        host=listen.host,
        port=listen.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        ssl_context_factory=None if tls is None else lambda *_: ServerTls.of(tls),
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )
