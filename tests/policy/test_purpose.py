"""A purpose is declared once, in a header or in the request."""

import pytest

from gateway.errors import InvalidRequest
from gateway.policy.purpose import declared


@pytest.mark.parametrize(
    ("headers", "in_body", "purpose"),
    [
        ([], None, None),
        ([], "evaluation", "evaluation"),
        ([(b"x-sekisho-purpose", b" evaluation ")], None, "evaluation"),
        ([(b"x-sekisho-purpose", b"evaluation")] * 2, "evaluation", "evaluation"),
        ([(b"x-sekisho-purpose", b"")], None, ""),
        ([(b"x-purpose", b"evaluation")], None, None),
    ],
)
def test_what_is_declared(
    headers: list[tuple[bytes, bytes]], in_body: str | None, purpose: str | None
) -> None:
    assert declared(headers, in_body) == purpose


@pytest.mark.parametrize(
    ("headers", "in_body"),
    [
        ([(b"x-sekisho-purpose", b"evaluation")], "distillation"),
        ([(b"x-sekisho-purpose", b"a"), (b"x-sekisho-purpose", b"b")], None),
    ],
)
def test_T44_two_purposes_are_refused(
    headers: list[tuple[bytes, bytes]], in_body: str | None
) -> None:
    with pytest.raises(InvalidRequest, match="two purposes"):
        declared(headers, in_body)
