"""Asks a deployment whether it works and whether it serves the model that it should; two fixed paths, no caller's data."""

import aiohttp
import orjson

from gateway.settings.deployments import Probe
from gateway.text.destination import Destination

_MAX_LIST_BYTES = 1 << 20


async def probe_fault(
    session: aiohttp.ClientSession,
    to: Destination,
    probe: Probe,
    *,
    model: str,
    headers: dict[str, str],
    proxy: str | None = None,
) -> str:
    """What is wrong, in a few words without an address, or ``""``.

    Args:
        session: the deployment's own guarded session.
        to: where it is.
        probe: what is asked.
        model: the name that its list of models must hold.
        headers: the gateway's own, with the deployment's credential.
        proxy: the deployment's proxy, if it has one.

    Raises:
        aiohttp.ClientError, OSError: it can't be reached.
        AddressRefused: it may not be.
    """
    if probe.path is not None:
        status, _ = await _get(session, f"{to.origin}{probe.path}", headers, proxy)
        if status != 200:
            return f"status {status}"
    if not probe.identity:
        return ""
    status, body = await _get(session, f"{to.origin}{to.path}/models", headers, proxy)
    if status != 200:
        return f"models: status {status}"
    return "" if model in model_ids(body) else "models: another model is served"


def model_ids(body: bytes) -> frozenset[str]:
    """The ids in a list of models in OpenAI's format; none when it is no such list."""
    try:
        return frozenset(row["id"] for row in orjson.loads(body)["data"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return frozenset()


async def _get(
    session: aiohttp.ClientSession, url: str, headers: dict[str, str], proxy: str | None
) -> tuple[int, bytes]:
    async with session.get(url, headers=headers, allow_redirects=False, proxy=proxy) as reply:
        body = bytearray()
        async for chunk in reply.content.iter_any():
            body += chunk
            if len(body) > _MAX_LIST_BYTES:
                break
        return reply.status, bytes(body)
