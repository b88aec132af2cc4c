"""One served operation, from raw request to raw reply."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from gateway.edge.endpoint import new_request_id
from tests.parts.gateways import KEY, Served, serving

HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(tmp_path, limits={"body_bytes": 4096, "body_seconds": 0.3}) as running:
        yield running


@pytest.mark.parametrize(
    ("headers", "body", "status", "code"),
    [
        (HEADERS, b"{" + b" " * 5000, 413, "body_too_large"),
        ({**HEADERS, "content-type": "text/plain"}, b"{}", 415, "unsupported_media_type"),
        ({**HEADERS, "content-encoding": "gzip"}, b"\x1f\x8b", 415, "unsupported_media_type"),
        (HEADERS, b"", 400, "invalid_request"),
        (HEADERS, b"{}{}", 400, "invalid_request"),
        (
            HEADERS,
            b'{"messages": [{"role": "user", "content": "Tanaka"}], "model": 5}',
            400,
            "invalid_request",
        ),
        (HEADERS, "{}".encode("utf-16"), 400, "invalid_request"),
        ({"content-type": "application/json"}, b"{}", 401, "invalid_key"),
    ],
)
async def test_bad_requests_get_the_dialects_error(
    served: Served, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{served.base_url}/chat/completions"
        async with session.post(url, data=body, headers=headers) as reply:
            document = await reply.json()
            assert (reply.status, document["error"]["code"]) == (status, code)
            assert reply.headers["x-request-id"] == document["error"]["request_id"]
            assert reply.headers["x-should-retry"] == "false"
    assert "Tanaka" not in str(document)


async def test_a_body_that_never_ends_is_given_up(served: Served) -> None:
    async def trickle() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(1)

    async with aiohttp.ClientSession() as session:
        url = f"{served.base_url}/chat/completions"
        async with session.post(url, data=trickle(), headers=HEADERS) as reply:
            assert (reply.status, (await reply.json())["error"]["code"]) == (408, "request_timeout")


def test_request_ids_are_unguessable() -> None:
    assert len({new_request_id() for _ in range(1000)}) == 1000
    assert len(new_request_id()) == len("req_") + 32
