"""Classifies the errors of model servers. Their text is read for this and never passed on: it may quote the request.

Servers differ in how they report errors: the codes and phrases below are those of OpenAI, Azure, vLLM, SGLang, llama.cpp,
OpenRouter, Anthropic, Gemini and Bedrock.
"""

import math
from typing import Any

import aiohttp
import orjson

from gateway.errors import (
    ContentFiltered,
    ContextTooLong,
    UpstreamError,
    UpstreamFailed,
    UpstreamRateLimited,
    UpstreamRejected,
)

_MAX_ERROR_BYTES = 1 << 16
_RETRY_ELSEWHERE = frozenset({401, 402, 404, 408, 409, 425})
"""Faults of one deployment (its key, credit, model or state); another deployment may succeed."""
_REQUEST_FAULTS = frozenset({400, 403, 413, 422, 451})
_TOO_LONG = (
    "context_length_exceeded",  # OpenAI, Azure
    "exceed_context_size_error",  # llama.cpp
    "maximum context length",  # vLLM, OpenRouter
    "model's context length",  # SGLang
    "prompt is too long",  # Anthropic
    "exceeds the maximum number of tokens",  # Gemini
    "input is too long",  # Bedrock
)
_FILTERED = (
    "content_filter",  # Azure
    "content_policy_violation",  # OpenAI
    "responsibleaipolicyviolation",  # Azure's inner error
    "moderation",  # OpenRouter
)


async def error_from_response(response: aiohttp.ClientResponse) -> UpstreamError:
    """The error for a response whose status is not 200."""
    body = bytearray()
    try:
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > _MAX_ERROR_BYTES:
                break
    except (aiohttp.ClientError, OSError):
        body.clear()
    return error_from_status(
        response.status, bytes(body), retry_after=_seconds(response.headers.get("retry-after"))
    )


def error_from_status(status: int, body: bytes, *, retry_after: int | None = None) -> UpstreamError:
    """The error for a status and a body.

    Args:
        status: the HTTP status, or the one in an error body that came with a 200.
        body: searched for known codes and phrases, and dropped.
        retry_after: in seconds, where the server sent it.
    """
    text = body.decode("utf-8", "replace").lower()
    if status in _REQUEST_FAULTS and any(word in text for word in _TOO_LONG):
        return ContextTooLong(
            "The request is longer than the model's context. Shorten it, or ask for fewer tokens.",
            fallback=False,
        )
    if status in _REQUEST_FAULTS and any(word in text for word in _FILTERED):
        return ContentFiltered("The provider's own content filter refused this.", fallback=False)
    if status == 429:
        return UpstreamRateLimited(
            "The model server is rate limiting requests. Retry later.",
            fallback=True,
            retry_after=retry_after,
        )
    if status in (400, 422):
        return UpstreamRejected(
            "The model server rejected the request: a parameter or its combination is not supported there.",
            fallback=False,
        )
    return UpstreamFailed(
        f"The model server answered with status {status}.",
        fallback=status >= 500 or status in _RETRY_ELSEWHERE,
        retry_after=retry_after,
    )


def error_from_body(error: Any) -> UpstreamError:
    """The error for an error body in a reply whose status was 200, or within a stream."""
    try:
        body = orjson.dumps(error)
    except orjson.JSONEncodeError:
        # orjson reads deeper documents than it writes.
        body = b""
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, int) and not isinstance(code, bool) and 400 <= code <= 599:
        return error_from_status(code, body)
    known = error_from_status(400, body)
    if isinstance(known, UpstreamRejected):
        return UpstreamFailed("The model server reported an error.", fallback=True)
    return known


def _seconds(value: str | None) -> int | None:
    """``retry-after`` in seconds (RFC 9110, 10.2.3). Dates are ignored: the wait would depend on two clocks."""
    try:
        seconds = math.ceil(float(value or ""))
    except (ValueError, OverflowError):
        return None
    return seconds if 0 <= seconds <= 86400 else None
