"""A worker's end of the line to its supervisor."""

import asyncio
from collections.abc import Callable
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
        await channel.send({"revision": revision(gateway)})
        while True:
            question = await channel.receive()
            told = await _answer(gateway, question["ask"])
            await channel.send({"id": question["id"], **told})
    except (Gone, asyncio.CancelledError):
        stop()


async def _answer(gateway: Gateway, question: str) -> dict[str, Any]:
    if question == "refresh":
        await asyncio.gather(*(refresher.look() for refresher in gateway.refreshers))
        return {"revision": revision(gateway)}
    return {"revision": revision(gateway), "parts": dict(await gateway.health())}
