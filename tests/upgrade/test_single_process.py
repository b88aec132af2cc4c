"""An installation of one process, as 8218936 left it: its audit log, ring, key file, signed policies and signed weights."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.parts.opa import ROOT
from tests.parts.scripted import ScriptedUpstream
from tests.upgrade.client import Response
from tests.upgrade.comparison import assert_continues, known_fields, read_json
from tests.upgrade.conftest import Sekisho
from tests.upgrade.installation import Installation
from tests.upgrade.model_server import reply
from tests.upgrade.scenario import DESK_KEY, REPLAY, SEARCH, TEXT

VARIABLES = {"UPSTREAM": "http://127.0.0.1:9", "DESK_KEY": DESK_KEY}


@dataclass(frozen=True, kw_only=True)
class Continued:
    """The installation after a gateway of this version has served each API key once."""

    here: Installation
    responses: dict[str, Response]
    """To :data:`TEXT`, by the name of the API key."""
    sent: list[str]
    """What the model server got in place of it."""


@pytest.fixture
def here(files: Path) -> Installation:
    """The installation as it was left."""
    return Installation(folder=files / "single-process", variables=VARIABLES)


@pytest.fixture
def then(here: Installation) -> Any:
    """What the commands printed."""
    return read_json(here.folder / "output.json")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def after(continued: Path) -> AsyncIterator[Continued]:
    async with ScriptedUpstream(reply) as upstream:
        variables = {**VARIABLES, "UPSTREAM": upstream.base_url.removesuffix("/v1")}
        here = Installation(folder=continued / "single-process", variables=variables)
        keys = read_json(here.folder / "api-keys.json")
        async with here.serving() as client:
            responses = {name: await client.chat(TEXT, key=key) for name, key in keys.items()}
        bodies = [request.json() for request in upstream.requests]
        sent = [body["messages"][-1]["content"] for body in bodies]
        yield Continued(here=here, responses=responses, sent=sent)


def test_the_log_verifies_with_the_ring_and_with_the_public_keys(
    here: Installation, then: Any, sekisho: Sekisho
) -> None:
    report = then["verify"]
    assert report["ok"]
    assert report["records"] == report["signed"] > 30
    public = ("--store", "sqlite:///audit.db", "--public-key", "public-keys.txt")
    for options in ((), public):
        assert known_fields(sekisho.run_json(here, "audit", "verify", *options), report) == report
    assert sekisho.run_json(here, "audit", "verify", "--checkpoint", "checkpoint.txt")["ok"]


def test_every_record_is_found_as_it_was(here: Installation, then: Any, sekisho: Sekisho) -> None:
    records = sekisho.run_json(here, *SEARCH)
    assert known_fields(records, then["search"]) == then["search"]
    assert {record["kind"] for record in records} == {"attempt", "outcome", "refusal", "admin"}


def test_requests_are_shown_as_they_were(here: Installation, then: Any, sekisho: Sekisho) -> None:
    assert len(then["show"]) == 4
    for request_id, shown in then["show"].items():
        assert known_fields(sekisho.run_json(here, "audit", "show", request_id), shown) == shown


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        ({"outcome": "denied", "code": "provider_blocked"}, "code", "provider_blocked"),
        ({"kind": "refusal", "reason": "acme-2026"}, "reasons", ["acme-2026"]),
        ({"tenant": "globex", "entity": "CREDIT_CARD"}, "tenant", "globex"),
        ({"app": "billing", "deployment": "r1-down"}, "deployment", "r1-down"),
    ],
)
def test_records_are_found_by_what_they_hold(
    here: Installation,
    then: Any,
    sekisho: Sekisho,
    options: dict[str, str],
    field: str,
    value: object,
) -> None:
    words = [word for name, wanted in options.items() for word in (f"--{name}", wanted)]
    found = sekisho.run_json(here, "audit", "search", *words)
    matching = [record for record in then["search"] if record[field] == value]
    assert known_fields(found[0], matching[0]) in matching


def test_recorded_decisions_are_replayed_with_the_same_counts(
    here: Installation, then: Any, sekisho: Sekisho
) -> None:
    report = then["replay"]
    assert known_fields(json.loads(sekisho.run(here, *REPLAY)), report) == report
    assert {"same", "newly_denied", "newly_allowed", "other_treatment"} <= set(report["changes"])


def test_the_shipped_policies_decide_on_the_recorded_facts(
    here: Installation, then: Any, sekisho: Sekisho
) -> None:
    shipped = ("--candidate", str(ROOT / "policies"), "--fail-on", "unreadable")
    report = json.loads(sekisho.run(here, *REPLAY, *shipped))
    assert report["requests"] == then["replay"]["requests"] > 10


def test_api_keys_are_listed_as_they_were(here: Installation, then: Any, sekisho: Sekisho) -> None:
    listed = sekisho.run_json(here, "keys", "list")
    assert known_fields(listed, then["keys"]) == then["keys"]
    assert {row["state"] for row in listed["keys"]} == {"usable", "expired", "revoked"}


def test_the_ring_has_the_same_public_keys_and_can_be_rotated(
    after: Continued, sekisho: Sekisho
) -> None:
    public = ("keys", "ring", "public", "ring.json")
    assert sekisho.run(after.here, *public) == (after.here.folder / "public-keys.txt").read_text()
    before = sekisho.run_json(after.here, *public)["keys"]
    rotated = sekisho.run_json(after.here, "keys", "ring", "rotate", "ring.json")["keys"]
    assert set(before) < set(rotated)
    assert sekisho.run_json(after.here, "audit", "verify")["ok"]


def test_api_keys_authenticate_unless_they_are_revoked_or_expired(after: Continued) -> None:
    statuses = {name: response.status for name, response in after.responses.items()}
    accepted = dict.fromkeys(("billing", "desk", "ledger", "rotated"), 200)
    assert statuses == {**accepted, "revoked": 401, "replaced": 401}


def test_a_value_has_the_same_placeholder(after: Continued) -> None:
    placeholders = read_json(after.here.folder / "placeholders.json")
    assert placeholders["billing"] != placeholders["ledger"]
    assert set(placeholders.values()) <= set(after.sent)
    assert after.responses["billing"].message["content"] == TEXT


def test_the_signed_bundle_decides(
    files: Path, here: Installation, after: Continued, sekisho: Sekisho
) -> None:
    revision = read_json(files / "policies" / "revisions.json")["bundle"]
    assert sekisho.run_json(here, "check")["policy"] == revision
    assert after.responses["billing"].headers["x-sekisho-policy"] == revision


def test_the_signed_record_of_weights_verifies(
    here: Installation, after: Continued, sekisho: Sekisho
) -> None:
    signed = ("--record", "r1.sig.json", "--key", "team.pub.pem")
    manifest = sekisho.run_json(here, "models", "verify", "weights", *signed)["manifest"]
    headers = after.responses["billing"].headers
    assert headers["x-sekisho-provenance"] == "verified"
    assert headers["x-sekisho-manifest"] == manifest


def test_the_log_continues(after: Continued, sekisho: Sekisho) -> None:
    then = read_json(after.here.folder / "output.json")
    report = sekisho.run_json(after.here, "audit", "verify", "--checkpoint", "checkpoint.txt")
    assert report["ok"]
    assert report["signed"] > then["verify"]["signed"]
    assert_continues(sekisho.run_json(after.here, *SEARCH), then["search"])
