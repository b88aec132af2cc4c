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


async def _head(served: Served, *lines: str) -> bytes:
    """The start of the answer to a request of which only the head is sent."""
    head = "\r\n".join(["POST /v1/chat/completions HTTP/1.1", "host: a", *lines, "", ""])
    reader, writer = await asyncio.open_connection("127.0.0.1", int(served.url.rpartition(":")[2]))
    writer.write(head.encode())
    async with asyncio.timeout(5):
        answer = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    await writer.wait_closed()
    return answer


@pytest.mark.parametrize("key", ["", "authorization: Bearer sk-wrong"])
@pytest.mark.parametrize("kind", ["application/json", "text/plain"])
async def test_B18_a_caller_is_refused_before_its_body_is_read(
    tmp_path: Path, key: str, kind: str
) -> None:
    async with serving(tmp_path, limits={"body_seconds": 60}) as running:
        lines = ["content-length: 8000000", f"content-type: {kind}", "expect: 100-continue"]
        answer = await _head(running, *lines, *([key] if key else []))
    # Not even "100 Continue", for which the client waits with the body.
    assert answer.startswith(b"HTTP/1.1 401 ")


async def test_B18_a_known_caller_is_asked_for_its_body(served: Served) -> None:
    lines = ["content-length: 2", "content-type: application/json", "expect: 100-continue"]
    answer = await _head(served, *lines, f"authorization: Bearer {KEY}")
    assert answer.startswith(b"HTTP/1.1 100 ")


async def test_B18_a_refused_body_of_a_known_caller_is_recorded(served: Served) -> None:
    async with aiohttp.ClientSession() as session:
        url = f"{served.base_url}/chat/completions"
        async with session.post(url, data=b" " * 5000, headers=HEADERS) as reply:
            assert reply.status == 413
    (record,) = served.records()
    assert (record["outcome"], record["code"]) == ("denied", "body_too_large")


async def test_B18_a_caller_who_leaves_in_its_body_is_recorded_as_gone(served: Served) -> None:
    lines = ["content-length: 2000", "content-type: application/json", "expect: 100-continue"]
    await _head(served, *lines, f"authorization: Bearer {KEY}")
    async with asyncio.timeout(5):
        while not (records := served.records()):
            await asyncio.sleep(0.02)
    assert records[0]["outcome"] == "disconnected"


def test_request_ids_are_unguessable() -> None:
    assert len({new_request_id() for _ in range(1000)}) == 1000
    assert len(new_request_id()) == len("req_") + 32
