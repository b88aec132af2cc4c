"""Guards on raw requests: what is refused before the body is parsed and the caller authenticated.

They work on the ASGI messages (https://asgi.readthedocs.io/en/latest/specs/www.html), so that no framework
reads a body that they refuse.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, TypeAlias

from gateway.errors import BodyTooLarge, InvalidRequest, RequestTimeout, UnsupportedMedia
from gateway.inbound import Disconnected
from gateway.settings.server import Limits

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]


async def read_body(headers: Headers, receive: Receive, limits: Limits) -> bytes:
    """The complete body, if its headers declare plain JSON, and it is small enough and arrives in time.

    Raises:
        UnsupportedMedia: another content type, a charset other than UTF-8, or a content encoding.
        BodyTooLarge: over ``limits.body_bytes``, by its header or by what was received.
        RequestTimeout: not complete after ``limits.body_seconds``.
        InvalidRequest: contradictory headers.
        Disconnected: the client disconnected.
    """
    _check_media(headers)
    _check_length(headers, limits.body_bytes)
    try:
        async with asyncio.timeout(limits.body_seconds):
            return await _collect(receive, limits.body_bytes)
    except TimeoutError:
        raise RequestTimeout(
            f"The body did not arrive within {limits.body_seconds:g} seconds."
        ) from None


def _check_media(headers: Headers) -> None:
    kind, _, parameters = _one(headers, b"content-type").partition(";")
    # Any parameter other than the charset is refused too: none is defined for JSON (RFC 8259, section 11).
    charset = parameters.replace(" ", "").lower()
    if kind.strip().lower() != "application/json" or charset not in ("", "charset=utf-8"):
        raise UnsupportedMedia("Send JSON in UTF-8, as 'Content-Type: application/json'.")
    if _one(headers, b"content-encoding").strip().lower() not in ("", "identity"):
        raise UnsupportedMedia("Compressed bodies are not accepted; send the JSON as it is.")


def _check_length(headers: Headers, limit: int) -> None:
    length = _one(headers, b"content-length")
    # isdecimal refuses a sign, spaces and underscores, which int() would accept.
    if length and not length.isdecimal():
        raise InvalidRequest("The Content-Length header is not a number.", param="content-length")
    if length and int(length) > limit:
        raise _too_large(limit)


async def _collect(receive: Receive, limit: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)  # counted, whatever Content-Length said: chunked bodies have none
        if size > limit:
            raise _too_large(limit)
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


def _one(headers: Headers, name: bytes) -> str:
    values = [value for key, value in headers if key == name]
    # Two parsers may each take another of the two: that is how requests
    # are smuggled past one of them.
    if len(values) > 1:
        raise InvalidRequest(f"The header {name.decode()} was sent twice.", param=name.decode())
    return values[0].decode("latin-1") if values else ""


def _too_large(limit: int) -> BodyTooLarge:
    return BodyTooLarge(f"The body is over the limit of {limit} bytes.")
