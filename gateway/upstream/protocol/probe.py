"""Probes whether a deployment works and serves the expected model; two fixed paths, no data of callers."""

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
    """What is wrong, as a short text without an address, or ``""``.

    Args:
        session: the deployment's own guarded session.
        to: the deployment's address.
        probe: which requests are made.
        model: the name that the list of models must contain.
        headers: the gateway's own headers, with the deployment's credential.
        proxy: the deployment's proxy, if it has one.

    Raises:
        aiohttp.ClientError, OSError: the deployment can't be reached.
        AddressRefused: its address is not permitted.
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
    """The ids in a list of models in OpenAI's format; empty when it is not such a list."""
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
