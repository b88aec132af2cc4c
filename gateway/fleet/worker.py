"""A worker's end of the line to its supervisor."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from gateway.app import Gateway
from gateway.fleet.control import Channel, Gone


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
            question = await channel.receive()
            told = await _answer(gateway, question)
            await channel.send({"id": question["id"], **told})
    except (Gone, asyncio.CancelledError):
        stop()


async def _answer(gateway: Gateway, question: Mapping[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {}
    match question["ask"]:
        case "refresh":
            await asyncio.gather(*(refresher.look() for refresher in gateway.refreshers))
        case "hold":
            gateway.pipeline.router.hold(question["draining"])
        case "health":
            told["parts"] = dict(await gateway.health())
        case "standing":
            told["standing"] = await gateway.pipeline.router.standing()
    return {**_state(gateway), **told}


def _state(gateway: Gateway) -> dict[str, Any]:
    """What the supervisor compares with what it wants, in every answer."""
    return {"revision": revision(gateway), "draining": gateway.pipeline.router.draining}
