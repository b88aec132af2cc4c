"""An installation of two workers and a Redis, as 8218936 left it: a log for each worker, and the shared state."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
import yaml

from tests.parts.issuer import ScriptedIssuer
from tests.parts.redis import RedisServer
from tests.parts.scripted import ScriptedUpstream
from tests.upgrade.client import Client, Response
from tests.upgrade.comparison import assert_continues, known_fields, read_json
from tests.upgrade.conftest import Sekisho
from tests.upgrade.installation import Installation
from tests.upgrade.model_server import reply
from tests.upgrade.redis_contents import restore
from tests.upgrade.scenario import (
    MARI,
    PROMPTS,
    REASONING,
    REPLAY,
    RIN,
    SEARCH,
    SORA,
    TEXT,
    TOKEN_ID,
)

NOWHERE = "http://127.0.0.1:9"
VARIABLES = {"UPSTREAM": NOWHERE, "ISSUER": NOWHERE, "REDIS": "redis://127.0.0.1:9/0"}
REPLIES = ("before the rotation", "after the rotation")


@dataclass(frozen=True, kw_only=True)
class Continued:
    """The installation after workers of this version have served its callers."""

    here: Installation
    responses: dict[str, Response] = field(default_factory=dict)
    sent: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """Role and text of the messages that the model server got, by the name of the response."""

    def outcomes(self, *names: str) -> list[tuple[int, str]]:
        """Status and error code of these responses."""
        return [(self.responses[name].status, self.responses[name].code) for name in names]


class Callers:
    """The callers of the scenario, who go on with a gateway of this version."""

    def __init__(
        self, after: Continued, client: Client, issuer: ScriptedIssuer, upstream: ScriptedUpstream
    ) -> None:
        self._after = after
        self._client = client
        self._issuer = issuer
        self._upstream = upstream
        self._keys = read_json(after.here.folder / "api-keys.json")
        self._stored = read_json(after.here.folder / "responses.json")

    async def use_quotas(self) -> None:
        for name in ("used-up", "half-used", "unused", "monthly", "spender", "single", "stranger"):
            self._note(name, await self._client.chat("Hi", key=self._keys[name]))
        other = await self._client.chat("Hi", key=self._keys["monthly"], model="guarded")
        self._note("monthly, another model", other)
        for name, prompt in {"known prompt": PROMPTS[0], "new prompt": "What is 3?"}.items():
            response = await self._client.chat(prompt, key=self._keys["curious"], model="guarded")
            self._note(name, response)

    async def go_on_from_responses(self) -> None:
        for name in REPLIES:
            path = f"/v1/responses/{self._stored[name]['id']}"
            response = await self._client.send(path, key=self._keys["talker"])
            self._note(f"retrieved, {name}", response)
            await self._go_on(name, name, "talker")
        await self._go_on("a stranger", "after the rotation", "stranger")
        await self._go_on("no user", "of a user", "portal")
        await self._go_on("the user", "of a user", "portal", self._on_behalf_of(SORA))
        revoked = self._on_behalf_of(MARI)
        await self._go_on("a revoked user", "of a revoked user", "portal", revoked)

    async def authenticate(self) -> None:
        tokens = {
            "token": self._issuer.token(sub="kenji@example.com"),
            "token of a revoked subject": self._issuer.token(sub=RIN),
            "revoked token": self._issuer.token(sub="kenji@example.com", jti=TOKEN_ID),
            "withdrawn": self._keys["withdrawn"],
        }
        for name, token in tokens.items():
            self._note(name, await self._client.chat("Hi", key=token))
        for name in ("van", "truck"):
            pem = (self._after.here.folder / f"{name}.cert.pem").read_text()
            self._note(name, await self._client.chat("Hi", ssl_client_cert=quote(pem, safe="")))
        headers = self._on_behalf_of(RIN)
        response = await self._client.chat("Hi", key=self._keys["portal"], **headers)
        self._note("user who is a revoked subject", response)

    async def reach_each_worker(self) -> None:
        responses = await self._client.chat_with_each_worker(TEXT, key=self._keys["talker"])
        for number, response in enumerate(responses):
            self._note(f"worker {number}", response)

    async def _go_on(
        self, name: str, stored: str, caller: str, headers: dict[str, str] | None = None
    ) -> None:
        previous = self._stored[stored]["id"]
        key = self._keys[caller]
        response = await self._client.respond(
            "Really?", key=key, previous=previous, **(headers or {})
        )
        self._note(name, response)

    def _on_behalf_of(self, user: str) -> dict[str, str]:
        return {"x_sekisho_on_behalf_of": self._issuer.token(aud="users", sub=user)}

    def _note(self, name: str, response: Response) -> None:
        self._after.responses[name] = response
        if response.status == 200:
            messages = self._upstream.requests[-1].json()["messages"]
            self._after.sent[name] = [(one["role"], one["content"]) for one in messages]


@pytest.fixture
def here(files: Path) -> Installation:
    """The installation as it was left."""
    return Installation(folder=files / "workers", variables=VARIABLES)


@pytest.fixture
def then(here: Installation) -> Any:
    """What the commands printed."""
    return read_json(here.folder / "output.json")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def after(
    continued: Path, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Continued]:
    folder = continued / "workers"
    async with (
        ScriptedUpstream(reply) as upstream,
        ScriptedIssuer() as issuer,
        RedisServer(tmp_path_factory.mktemp("redis")) as redis,
    ):
        contents = read_json(folder / "redis.json")
        quotas = yaml.safe_load((folder / "sekisho.yaml").read_text())["quotas"]
        restore(redis.url, contents["rows"], contents["time"], quotas)
        url = upstream.base_url.removesuffix("/v1")
        variables = {"UPSTREAM": url, "ISSUER": issuer.url, "REDIS": redis.url}
        after = Continued(here=Installation(folder=folder, variables=variables))
        async with after.here.serving() as client:
            callers = Callers(after, client, issuer, upstream)
            await callers.use_quotas()
            await callers.go_on_from_responses()
            await callers.authenticate()
            await callers.reach_each_worker()
        yield after


def test_the_logs_verify(here: Installation, then: Any, sekisho: Sekisho) -> None:
    reports = sekisho.run_json(here, "audit", "verify")
    assert known_fields(reports, then["verify"]) == then["verify"]
    assert [report["ok"] for report in reports] == [True, True, True]


def test_every_record_is_found_as_it_was(here: Installation, then: Any, sekisho: Sekisho) -> None:
    records = sekisho.run_json(here, *SEARCH)
    assert known_fields(records, then["search"]) == then["search"]
    assert len({record["origin"] for record in records}) == 2


def test_records_of_a_user_are_found_by_the_subject_of_the_token(
    here: Installation, then: Any, sekisho: Sekisho
) -> None:
    records = then["search for a user"]
    assert [record["kind"] for record in records] == ["outcome", "attempt"]
    found = sekisho.run_json(here, "audit", "search", "--user", SORA)
    assert known_fields(found, records) == records


def test_recorded_decisions_are_replayed_with_the_same_counts(
    here: Installation, then: Any, sekisho: Sekisho
) -> None:
    report = then["replay"]
    assert known_fields(json.loads(sekisho.run(here, *REPLAY)), report) == report
    assert report["requests"] > 10


def test_the_logs_continue(after: Continued, sekisho: Sekisho) -> None:
    assert after.outcomes("worker 0", "worker 1") == [(200, "")] * 2
    reports = sekisho.run_json(after.here, "audit", "verify")
    assert [report["ok"] for report in reports] == [True, True, True]
    then = read_json(after.here.folder / "output.json")
    assert_continues(sekisho.run_json(after.here, *SEARCH), then["search"])


def test_quotas_over_a_window_go_on_counting(after: Continued) -> None:
    assert after.outcomes("used-up", "half-used") == [(429, "rate_limited"), (200, "")]
    left = "x-ratelimit-remaining-requests"
    callers = ("half-used", "unused")
    assert [after.responses[name].headers[left] for name in callers] == ["1", "3"]


def test_budgets_of_a_month_go_on_counting(after: Continued) -> None:
    assert after.outcomes("monthly", "spender") == [(429, "budget_exhausted")] * 2
    assert after.outcomes("monthly, another model", "stranger") == [(200, "")] * 2


def test_a_request_of_a_gateway_that_is_gone_keeps_its_place(after: Continued) -> None:
    assert after.outcomes("single") == [(429, "rate_limited")]


def test_distinct_prompts_go_on_counting(after: Continued) -> None:
    assert after.responses["known prompt"].message["reasoning_content"] == REASONING
    assert after.outcomes("new prompt") == [(200, "")]
    assert "reasoning_content" not in after.responses["new prompt"].message


@pytest.mark.parametrize("name", REPLIES)
def test_stored_responses_are_retrieved(after: Continued, name: str) -> None:
    stored = read_json(after.here.folder / "responses.json")[name]
    assert known_fields(after.responses[f"retrieved, {name}"].json(), stored) == stored


def test_conversations_go_on_from_stored_responses(after: Continued) -> None:
    older, newer = (after.sent[name] for name in REPLIES)
    masked = older[0][1]
    assert masked.startswith("Write to [EMAIL_ADDRESS_")
    assert older == [("user", masked), ("assistant", masked), ("user", "Really?")]
    assert newer[:2] == older[:2]
    assert newer[2:] == [("user", "And then?"), ("assistant", "And then?"), ("user", "Really?")]


def test_stored_responses_are_found_by_their_caller_and_user_alone(after: Continued) -> None:
    not_found = (400, "previous_response_not_found")
    assert after.outcomes("a stranger", "no user", "the user") == [not_found, not_found, (200, "")]


@pytest.mark.parametrize(
    "name",
    [
        "withdrawn",
        "token of a revoked subject",
        "revoked token",
        "user who is a revoked subject",
        "a revoked user",
        "van",
    ],
)
def test_revoked_credentials_are_refused(after: Continued, name: str) -> None:
    assert after.outcomes(name) == [(401, "invalid_key")]


@pytest.mark.parametrize("name", ["token", "truck"])
def test_other_credentials_are_accepted(after: Continued, name: str) -> None:
    assert after.outcomes(name) == [(200, "")]
