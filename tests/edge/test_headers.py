"""Reply headers come from what ran."""

import time
from dataclasses import replace

from gateway.edge.headers import reply_headers
from gateway.errors import ContentBlocked, DetectorUnavailable, RateLimited, SekishoError
from gateway.exchange import Exchange
from gateway.types import Proof
from tests.parts.samples import attempt, decision


def exchange(*, decided: bool = False) -> Exchange:
    made = Exchange(
        request_id="req_1", started=time.time(), dialect="openai", operation="chat.completions"
    )
    if decided:
        made.decision = decision({"r1-a": True})
        made.attempt = attempt(redactions={"PERSON": 2, "EMAIL_ADDRESS": 1})
    return made


def headers(made: Exchange, error: SekishoError | None = None) -> dict[str, str]:
    return {name.decode(): value.decode() for name, value in reply_headers(made, error)}


def test_a_served_reply_says_what_ran() -> None:
    named = headers(exchange(decided=True))
    assert named["x-request-id"] == "req_1"
    assert named["x-sekisho-decision"] == "d1"
    assert named["x-sekisho-policy"] == "rev1"
    assert named["x-sekisho-deployment"] == "r1-a"
    assert named["x-sekisho-redactions"] == "EMAIL_ADDRESS=1,PERSON=2"
    assert named["x-sekisho-output-use"] == "train=allowed"
    assert float(named["x-sekisho-overhead-ms"]) >= 0


def test_what_is_proven_of_what_served_and_of_the_candidates_of_a_refusal() -> None:
    made = exchange(decided=True)
    assert made.decision is not None
    named = headers(made)
    assert named["x-sekisho-provenance"] == "declared"
    assert "x-sekisho-manifest" not in named
    verdict = made.decision.candidates["r1-a"]
    expired = replace(verdict, proof=Proof(state="expired", manifest="sha256:00"))
    both = {"r1-a": verdict, "r1-b": expired}
    made.decision = replace(made.decision, candidates=both)
    assert headers(made)["x-sekisho-provenance"] == "declared"
    made.attempt = None
    refused = headers(made, ContentBlocked("no"))
    assert refused["x-sekisho-provenance"] == "declared,expired"
    assert refused["x-sekisho-manifest"] == "sha256:00"


def test_T10_nothing_is_said_of_what_did_not_run() -> None:
    assert set(headers(exchange())) == {"x-request-id", "x-sekisho-overhead-ms"}


def test_a_refusal_names_no_deployment_and_says_whether_to_retry() -> None:
    refused = headers(exchange(decided=True), ContentBlocked("no"))
    assert refused["x-should-retry"] == "false"
    assert "x-sekisho-deployment" not in refused
    assert "x-should-retry" not in headers(exchange(), DetectorUnavailable("later"))
    assert headers(exchange(), RateLimited("later", retry_after=7))["retry-after"] == "7"
