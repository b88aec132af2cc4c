"""A worker's end of the control channel to its supervisor."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from gateway.app import Gateway
from gateway.background import BackgroundTask, Finished
from gateway.fleet.channel import Channel, ChannelClosed


def revision(gateway: Gateway) -> str:
    """The policy revisions that the worker uses, as :class:`~gateway.fleet.supervisor.Supervisor` compares them."""
    policies = (gateway.pipeline.policy, gateway.pipeline.candidate)
    return "+".join(one.current.build.revision for one in policies if one is not None)


async def serve_control(
    channel: Channel, gateway: Gateway, stop: Callable[[], None]
) -> BackgroundTask:
    """Report that the worker is ready, and answer the supervisor's commands; call ``stop`` when the channel closes.

    Without its supervisor a worker would neither be replaced nor receive newer policies, so it ends as well.
    """

    async def one_command() -> None:
        try:
            command = await channel.receive()
            reply = await _answer(gateway, command)
            await channel.send({"id": command["id"], **reply})
        except ChannelClosed:
            stop()
            raise Finished from None

    # A round waits for the next command, which may take any time.
    control = gateway.background.every(
        "control channel", lambda: 0.0, one_command, at_once=True, round_seconds=None
    )
    try:
        await channel.send(_state(gateway))
    except ChannelClosed:
        stop()
    else:
        control.start()
    return control


async def _answer(gateway: Gateway, command: Mapping[str, Any]) -> dict[str, Any]:
    reply: dict[str, Any] = {}
    match command["ask"]:
        case "refresh":
            await asyncio.gather(*(refresher.check() for refresher in gateway.refreshers))
        case "hold":
            gateway.pipeline.router.set_draining(command["draining"])
        case "health":
            reply["parts"] = dict(await gateway.health())
        case "background":
            reply["tasks"] = dict(await gateway.background_health())
        case "status":
            reply["status"] = await gateway.pipeline.router.status()
    return {**_state(gateway), **reply}


def _state(gateway: Gateway) -> dict[str, Any]:
    """What the supervisor compares with the desired state, in every answer."""
    return {"revision": revision(gateway), "draining": gateway.pipeline.router.draining}
