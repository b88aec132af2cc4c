"""A worker's end of the line to its supervisor."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from gateway.app import Gateway
from gateway.fleet.channel import Channel, ChannelClosed


def revision(gateway: Gateway) -> str:
    """What the worker decides by, as :class:`~gateway.fleet.supervisor.Supervisor` compares it."""
    policies = (gateway.pipeline.policy, gateway.pipeline.candidate)
    return "+".join(one.current.build.revision for one in policies if one is not None)


async def answer(channel: Channel, gateway: Gateway, stop: Callable[[], None]) -> None:
    """Say that the worker is ready, then answer the supervisor until it is gone; then ``stop``.

    Nobody would replace a worker whose supervisor is gone, or tell it of newer policies, so it does not stay.
    """
    try:
        await channel.send(_state(gateway))
        while True:
            command = await channel.receive()
            reply = await _answer(gateway, command)
            await channel.send({"id": command["id"], **reply})
    except (ChannelClosed, asyncio.CancelledError):
        stop()


async def _answer(gateway: Gateway, command: Mapping[str, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    match command["ask"]:
        case "refresh":
            await asyncio.gather(*(refresher.check() for refresher in gateway.refreshers))
        case "hold":
            gateway.pipeline.router.set_draining(command["draining"])
        case "health":
            reply["parts"] = dict(await gateway.health())
        case "standing":
            reply["standing"] = await gateway.pipeline.router.status()
    return {**_state(gateway), **reply}


def _state(gateway: Gateway) -> dict[str, Any]:
    """What the supervisor compares with what it wants, in every answer."""
    return {"revision": revision(gateway), "draining": gateway.pipeline.router.draining}
