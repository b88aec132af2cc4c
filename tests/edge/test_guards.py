"""Guards: what is refused before anything is parsed."""

import asyncio
from collections.abc import Sequence

import pytest

from gateway.edge.guards import Message, Receive, read_body
from gateway.errors import (
    BodyTooLarge,
    InvalidRequest,
    RequestTimeout,
    SekishoError,
    UnsupportedMedia,
)
from gateway.inbound import Disconnected
from gateway.settings.server import Limits

JSON = (b"content-type", b"application/json")
LIMITS = Limits(body_bytes=2048, body_seconds=0.2)


def sends(*chunks: bytes, end: bool = True) -> Receive:
    """A client that sends these chunks; without ``end`` it then falls silent."""
    messages: list[Message] = [
        {"type": "http.request", "body": chunk, "more_body": True} for chunk in chunks
    ]
    if end:
        messages.append({"type": "http.request", "body": b"", "more_body": False})

    async def receive() -> Message:
        if not messages:
            await asyncio.sleep(3600)
        return messages.pop(0)

    return receive


@pytest.mark.parametrize("kind", [b"application/json", b"Application/JSON; charset=UTF-8"])
async def test_a_plain_json_body_passes_in_any_pieces(kind: bytes) -> None:
    assert (
        await read_body([(b"content-type", kind)], sends(b'{"a"', b": 1}"), LIMITS) == b'{"a": 1}'
    )


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ([], UnsupportedMedia),
        ([(b"content-type", b"text/plain")], UnsupportedMedia),
        ([(b"content-type", b"multipart/form-data; boundary=x")], UnsupportedMedia),
        ([(b"content-type", b"application/json; charset=utf-16")], UnsupportedMedia),
        ([JSON, (b"content-encoding", b"gzip")], UnsupportedMedia),
        ([JSON, (b"content-encoding", b"identity, br")], UnsupportedMedia),
        ([JSON, JSON], InvalidRequest),
        ([JSON, (b"content-length", b"1"), (b"content-length", b"2")], InvalidRequest),
        ([JSON, (b"content-length", b"-1")], InvalidRequest),
        ([JSON, (b"content-length", b"2049")], BodyTooLarge),
    ],
)
async def test_headers_that_refuse_before_the_body_is_read(
    headers: Sequence[tuple[bytes, bytes]], error: type[SekishoError]
) -> None:
    with pytest.raises(error):
        await read_body(headers, sends(end=False), LIMITS)


@pytest.mark.parametrize(("size", "passes"), [(1, True), (2047, True), (2048, True), (2049, False)])
async def test_T51_the_limit_holds_to_the_byte(size: int, passes: bool) -> None:
    body = b"x" * size
    if passes:
        assert await read_body([JSON], sends(body), LIMITS) == body
    else:
        with pytest.raises(BodyTooLarge):
            await read_body(
                [JSON], sends(*[body[i : i + 100] for i in range(0, size, 100)]), LIMITS
            )


async def test_a_slow_body_is_given_up() -> None:
    with pytest.raises(RequestTimeout):
        await read_body([JSON], sends(b"{", end=False), LIMITS)


async def test_a_client_that_leaves_is_noticed() -> None:
    async def receive() -> Message:
        return {"type": "http.disconnect"}

    with pytest.raises(Disconnected):
        await read_body([JSON], receive, LIMITS)
