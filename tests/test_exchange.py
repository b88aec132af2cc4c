"""The ledger of one request."""

import dataclasses

from gateway.exchange import AuditEntry, Exchange
from tests.redact.samples import call


def test_the_ledger_prints_no_user_text() -> None:
    exchange = Exchange(request_id="r", started=0.0, dialect="openai", operation="chat.completions")
    exchange.call = call("Tanaka")
    exchange.facts = b"Tanaka"
    assert "Tanaka" not in repr(exchange)


def test_what_is_left_behind_has_no_place_for_text() -> None:
    names = {field.name for field in dataclasses.fields(AuditEntry)}
    assert not names & {"text", "content", "messages", "prompt", "reply", "document", "headers"}
