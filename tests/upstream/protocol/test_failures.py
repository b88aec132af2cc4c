"""What model servers say when they fail, in the shapes that they send, becomes one error each."""

import pytest

from gateway.errors import (
    ContentFiltered,
    ContextTooLong,
    UpstreamError,
    UpstreamFailed,
    UpstreamRateLimited,
    UpstreamRejected,
)
from gateway.upstream.protocol.failures import _seconds, error_from_body, error_from_status

LLAMA = b'{"error":{"code":400,"message":"request (9001 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_prompt_tokens":9001,"n_ctx":8192}}'
OPENAI = b'{"error":{"message":"This model\'s maximum context length is 8192 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}'
VLLM = b'{"object":"error","message":"This model\'s maximum context length is 4096 tokens. However, you requested 5000 tokens","type":"BadRequestError","param":null,"code":400}'
SGLANG = b'{"object":"error","message":"The input (9001 tokens) is longer than the model\'s context length (8192 tokens).","type":"BadRequestError","param":null,"code":400}'
AZURE = b'{"error":{"message":"The response was filtered due to the prompt triggering Azure OpenAI\'s content management policy.","type":null,"param":"prompt","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}'
POLICY = b'{"error":{"message":"Your request was rejected.","type":"invalid_request_error","param":null,"code":"content_policy_violation"}}'
OPENROUTER = b'{"error":{"code":403,"message":"Your chosen model requires moderation and your input was flagged","metadata":{"reasons":["x"]}}}'


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, LLAMA, ContextTooLong),
        (400, OPENAI, ContextTooLong),
        (400, VLLM, ContextTooLong),
        (400, SGLANG, ContextTooLong),
        (400, AZURE, ContentFiltered),
        (400, POLICY, ContentFiltered),
        (403, OPENROUTER, ContentFiltered),
        (400, b'{"error":{"message":"top_k is not supported"}}', UpstreamRejected),
        (422, b'{"detail":"no"}', UpstreamRejected),
        (400, b"\xff\x00", UpstreamRejected),
        (400, b"", UpstreamRejected),
    ],
)
def test_T37_what_concerns_the_request_is_not_tried_elsewhere(
    status: int, body: bytes, kind: type[UpstreamError]
) -> None:
    error = error_from_status(status, body)
    assert type(error) is kind
    assert not error.fallback
    assert error.status == 400


@pytest.mark.parametrize("status", [401, 402, 404, 408, 409, 425, 500, 502, 503, 529])
def test_what_concerns_the_deployment_is_tried_elsewhere(status: int) -> None:
    error = error_from_status(status, b'{"error":"moderation and maximum context length"}')
    assert isinstance(error, UpstreamFailed)
    assert error.fallback


@pytest.mark.parametrize("status", [301, 307, 403, 405, 418])
def test_what_else_is_refused_ends_there(status: int) -> None:
    error = error_from_status(status, b"")
    assert isinstance(error, UpstreamFailed)
    assert not error.fallback


def test_a_rate_limit_says_when() -> None:
    error = error_from_status(429, b"", retry_after=7)
    assert isinstance(error, UpstreamRateLimited)
    assert (error.fallback, error.retry_after, error.status) == (True, 7, 429)


@pytest.mark.parametrize(
    ("document", "kind", "fallback"),
    [
        ({"code": "content_filter", "message": "no"}, ContentFiltered, False),
        ({"code": 429, "message": "slow down"}, UpstreamRateLimited, True),
        ({"code": 502, "message": "provider"}, UpstreamFailed, True),
        ({"code": True}, UpstreamFailed, True),
        ({"code": 99}, UpstreamFailed, True),
        ({"type": "exceed_context_size_error"}, ContextTooLong, False),
        ("flat text", UpstreamFailed, True),
        (None, UpstreamFailed, True),
    ],
)
def test_an_error_within_a_200(document: object, kind: type[UpstreamError], fallback: bool) -> None:
    error = error_from_body(document)
    assert type(error) is kind
    assert error.fallback is fallback


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7),
        ("1.2", 2),
        ("0", 0),
        ("-1", None),
        ("nan", None),
        ("inf", None),
        ("1e9", None),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_nothing(value: str | None, seconds: int | None) -> None:
    assert _seconds(value) == seconds
