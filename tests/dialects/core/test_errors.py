"""Errors in OpenAI's words."""

import pytest

from gateway.dialects.core.errors import error_document
from gateway.errors import (
    AddressRefused,
    DetectorUnavailable,
    InvalidKey,
    InvalidRequest,
    PolicyDenied,
    RateLimited,
    SekishoError,
    UpstreamTimeout,
)
from gateway.types import Reason

REASON = Reason(id="r.1", title="No", remedy="Ask", mode="enforce", code="policy_denied")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (InvalidRequest("m", param="messages"), "invalid_request_error"),
        (InvalidKey("m"), "authentication_error"),
        (RateLimited("m", retry_after=1), "rate_limit_error"),
        (PolicyDenied("m", reasons=(REASON,)), "policy_error"),
        (AddressRefused("m"), "policy_error"),
        (DetectorUnavailable("m"), "server_error"),
        (UpstreamTimeout("m", fallback=True), "server_error"),
    ],
)
def test_each_family_has_its_type(error: SekishoError, kind: str) -> None:
    fields = error_document(error, "req-1")["error"]
    assert (fields["type"], fields["code"], fields["message"]) == (kind, error.code, "m")
    assert fields["request_id"] == "req-1"


def test_the_field_at_fault_is_named() -> None:
    assert error_document(InvalidRequest("m", param="n"), "r")["error"]["param"] == "n"
    assert error_document(DetectorUnavailable("m"), "r")["error"]["param"] is None


def test_reasons_come_with_titles_and_remedies() -> None:
    fields = error_document(PolicyDenied("m", reasons=(REASON,)), "r")["error"]
    assert fields["reasons"] == [{"id": "r.1", "title": "No", "remedy": "Ask"}]
