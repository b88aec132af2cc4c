"""Metrics count what ended."""

from gateway.exchange import Exchange, Outcome, QuotaStatus
from gateway.telemetry.metrics import Metrics


def test_a_finished_request_is_counted() -> None:
    metrics = Metrics()
    exchange = Exchange(request_id="r", started=0.0, dialect="openai", operation="chat.completions")
    exchange.redactions = {"PERSON": 2}
    exchange.generated = {"CREDIT_CARD": 1}
    exchange.restored = 3
    exchange.outcome = Outcome(kind="denied", status=403, code="provider_blocked")
    metrics.observe(exchange, 0.5)
    text = metrics.render().decode()
    for line in (
        'sekisho_requests_total{code="provider_blocked",operation="chat.completions",outcome="denied"} 1.0',
        'sekisho_redactions_total{entity="PERSON"} 2.0',
        'sekisho_invented_total{entity="CREDIT_CARD"} 1.0',
        'sekisho_placeholders_total{result="restored"} 3.0',
    ):
        assert line in text


def test_a_request_under_way_is_not() -> None:
    metrics = Metrics()
    metrics.observe(Exchange(request_id="r", started=0.0, dialect="openai", operation="x"), 0.5)
    assert "sekisho_requests_total{" not in metrics.render().decode()


def test_quotas_that_are_nearly_used_and_keys_that_harvest_are_counted() -> None:
    metrics = Metrics()
    exchange = Exchange(request_id="r", started=0.0, dialect="openai", operation="x")
    exchange.outcome = Outcome(kind="served", status=200)
    exchange.quota_statuses = tuple(
        QuotaStatus(quota=name, count="requests", limit=9, remaining=1, resets=0.0, warn=warn)
        for name, warn in (("pace", True), ("day", False))
    )
    exchange.harvest = {"r1": "over", "r2": "unknown"}
    metrics.observe(exchange, 0.5)
    text = metrics.render().decode()
    assert 'sekisho_quota_warnings_total{quota="pace"} 1.0' in text
    assert 'sekisho_harvest_over_total{model="r1"} 1.0' in text
    assert 'quota="day"' not in text
    assert 'model="r2"' not in text
