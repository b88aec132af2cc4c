"""Reply headers. They come from what ran, as the exchange records it, never from what is configured."""

import math
import time

from gateway.errors import SekishoError
from gateway.exchange import Exchange, QuotaStatus


def reply_headers(exchange: Exchange, error: SekishoError | None) -> list[tuple[bytes, bytes]]:
    """The gateway's own headers for a reply or a refusal."""
    named = {
        "x-request-id": exchange.request_id,
        "x-sekisho-overhead-ms": f"{_overhead(exchange) * 1000:.1f}",
        **_decided(exchange),
        **_proven(exchange),
        **_quotas(exchange.quota.statuses),
        **(_served(exchange) if error is None else _refused(error)),
    }
    # Values are encoded as latin-1: a character beyond it must not fail the reply.
    return [(name.encode(), value.encode("latin-1", "replace")) for name, value in named.items()]


def _overhead(exchange: Exchange) -> float:
    return max(0.0, time.time() - exchange.started - exchange.upstream_seconds)


def _decided(exchange: Exchange) -> dict[str, str]:
    if exchange.decision is None:
        return {}
    return {
        "x-sekisho-decision": exchange.decision.id,
        "x-sekisho-policy": exchange.decision.revision,
    }


def _proven(exchange: Exchange) -> dict[str, str]:
    """The provenance status of the deployment; of a refusal, those of the candidates, without their names."""
    proofs = [verdict.proof for verdict in exchange.verdicts.values()]
    named: dict[str, set[str]] = {
        "x-sekisho-provenance": {proof.state for proof in proofs},
        "x-sekisho-manifest": {proof.manifest for proof in proofs if proof.manifest},
    }
    return {name: ",".join(sorted(values)) for name, values in named.items() if values}


def _quotas(statuses: tuple[QuotaStatus, ...]) -> dict[str, str]:
    """The tightest quota of each kind, as OpenAI names the headers, and the quotas that are nearly used up."""
    named: dict[str, str] = {}
    # The tightest comes last, and so overwrites the others of its kind.
    for status in sorted(statuses, key=lambda each: each.remaining / each.limit, reverse=True):
        left = max(0, math.ceil(status.resets - time.time()))
        named[f"x-ratelimit-limit-{status.count}"] = _figure(status, status.limit)
        named[f"x-ratelimit-remaining-{status.count}"] = _figure(status, status.remaining)
        named[f"x-ratelimit-reset-{status.count}"] = f"{left}s"
    warned = ",".join(status.quota for status in statuses if status.warn)
    return {**named, "x-sekisho-quota-warning": warned} if warned else named


def _figure(status: QuotaStatus, amount: int) -> str:
    return f"{amount / 1_000_000:.6f}" if status.count == "money" else str(amount)


def _served(exchange: Exchange) -> dict[str, str]:
    if exchange.attempt is None or exchange.decision is None:
        return {}
    deployment = exchange.attempt.deployment.name
    verdict = exchange.decision.candidates[deployment]
    redactions = sorted(exchange.attempt.redactions.items())
    return {
        "x-sekisho-deployment": deployment,
        "x-sekisho-redactions": ",".join(f"{entity}={count}" for entity, count in redactions),
        "x-sekisho-output-use": f"train={verdict.output_use}",
    }


def _refused(error: SekishoError) -> dict[str, str]:
    # OpenAI's and Anthropic's SDKs obey this header; without it they repeat every 429 and 5xx.
    named = {} if error.retryable else {"x-should-retry": "false"}
    if error.retry_after is not None:
        named["retry-after"] = str(error.retry_after)
    return named
