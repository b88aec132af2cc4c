"""Metrics count what ended."""

from gateway.exchange import Outcome, QuotaStatus, QuotaUse, ReplyStats
from gateway.telemetry.metrics import Metrics
from tests.parts.samples import attempt, exchange


def test_a_finished_request_is_counted() -> None:
    metrics = Metrics()
    ended = exchange(
        attempt=attempt(redactions={"PERSON": 2}),
        reply=ReplyStats(generated={"CREDIT_CARD": 1}, restored=3),
    )
    metrics.observe(ended, Outcome(kind="denied", status=403, code="provider_blocked"), 0.5)
    text = metrics.render().decode()
    for line in (
        'sekisho_requests_total{code="provider_blocked",operation="chat.completions",outcome="denied"} 1.0',
        'sekisho_redactions_total{entity="PERSON"} 2.0',
        'sekisho_invented_total{entity="CREDIT_CARD"} 1.0',
        'sekisho_placeholders_total{result="restored"} 3.0',
    ):
        assert line in text


def test_the_time_of_every_attempt_and_of_the_reply_is_the_upstreams() -> None:
    metrics = Metrics()
    ended = exchange(
        attempt=attempt(upstream_seconds=0.25), reply=ReplyStats(upstream_seconds=0.125)
    )
    metrics.observe(ended, Outcome(kind="served", status=200), 0.5)
    labels = {"operation": "chat.completions"}
    value = metrics.registry.get_sample_value("sekisho_overhead_seconds_sum", labels)
    assert value == 0.125


def test_quotas_that_are_nearly_used_and_keys_that_harvest_are_counted() -> None:
    metrics = Metrics()
    statuses = tuple(
        QuotaStatus(quota=name, count="requests", limit=9, remaining=1, resets=0.0, warn=warn)
        for name, warn in (("pace", True), ("day", False))
    )
    use = QuotaUse(statuses=statuses, harvest={"r1": "over", "r2": "unknown"})
    metrics.observe(exchange(quota=use), Outcome(kind="served", status=200), 0.5)
    text = metrics.render().decode()
    assert 'sekisho_quota_warnings_total{quota="pace"} 1.0' in text
    assert 'sekisho_harvest_over_total{model="r1"} 1.0' in text
    assert 'quota="day"' not in text
    assert 'model="r2"' not in text
