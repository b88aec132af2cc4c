"""No packet reaches an address that is not permitted, whatever a name turns into: counted by the kernel, not by us."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import openai
import pytest

from gateway.upstream.transport.resolver import SystemDns
from tests.parts.configuration import deployment
from tests.parts.dns import DnsServer, Records
from tests.parts.gateways import Served, serving
from tests.parts.packets import PacketCount
from tests.parts.scripted import Script, ScriptedUpstream, chunk, completion, stream

OK = completion({"content": "ok"})
OUTSIDE = {"addresses": "public"}
"""Policy permits the deployment, so that the connector alone stands between it and the address."""


@pytest.fixture
async def listener() -> AsyncIterator[ScriptedUpstream]:
    """What must not be reached, or be reached by its name alone."""
    async with ScriptedUpstream(OK) as running:
        yield running


@pytest.fixture
def packets(listener: ScriptedUpstream) -> Iterator[PacketCount]:
    with PacketCount(listener.port) as count:
        yield count


@pytest.fixture(params=[{}, {"kind": "litellm", "family": "mistral"}], ids=["direct", "litellm"])
def door(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Both ways out: Mistral's replies are OpenAI's, so that one listener serves either."""
    if request.param:
        pytest.importorskip("litellm")
    return dict(request.param)


@asynccontextmanager
async def gateway(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
    base_url: str,
    names: dict[str, Records | Callable[[], Records]],
    **place: Any,
) -> AsyncIterator[Served]:
    """A whole gateway before one deployment, whose names a DNS server of the test's own resolves."""
    async with DnsServer(names) as server:
        monkeypatch.setattr(SystemDns, "current", lambda _: server.resolver())
        async with serving(
            folder,
            deployments={"there": deployment(base_url, **door, **place)},
            models={"deepseek-r1": {"deployments": ["there"]}},
        ) as served:
            yield served


async def ask(served: Served) -> Any:
    async with served.client() as client:
        return await client.chat.completions.create(
            model="deepseek-r1", messages=[{"role": "user", "content": "Hello"}]
        )


async def refused(served: Served) -> openai.APIStatusError:
    """The refusal, which came after policy had permitted the attempt."""
    with pytest.raises(openai.APIStatusError) as caught:
        await ask(served)
    assert [row["kind"] for row in served.records()[-2:]] == ["attempt", "outcome"]
    return caught.value


async def test_the_count_sees_what_is_permitted(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
) -> None:
    zone = {"r1.example": [("CNAME", "edge.example")], "edge.example": [("A", "127.0.0.1")]}
    url = f"http://r1.example:{listener.port}/v1"
    async with gateway(tmp_path, monkeypatch, door, url, dict(zone)) as served:
        assert (await ask(served)).choices[0].message.content == "ok"
    assert packets.read() > 3
    assert dict(listener.requests[0].headers)["host"] == f"r1.example:{listener.port}"


@pytest.mark.parametrize(
    ("zone", "place"),
    [
        ({"r1.example": [("A", "127.0.0.1")]}, OUTSIDE),
        ({"r1.example": [("AAAA", "::1")]}, OUTSIDE),
        ({"r1.example": [("A", "1.1.1.1"), ("A", "127.0.0.1")]}, OUTSIDE),
        ({"r1.example": [("A", "1.1.1.1"), ("AAAA", "::1")]}, OUTSIDE),
        ({"r1.example": [("AAAA", "::ffff:127.0.0.1")]}, OUTSIDE),
        ({"r1.example": [("AAAA", "64:ff9b::7f00:1")]}, OUTSIDE),
        ({"r1.example": [("A", "169.254.169.254"), ("A", "127.0.0.1")]}, {}),
        (
            {"r1.example": [("CNAME", "api.deepseek.com")], "api.deepseek.com": [("A", "127.0.0.1")]},
            {},
        ),
        (
            {
                "r1.example": [("CNAME", "edge.example")],
                "edge.example": [("CNAME", "x.API.deepseek.com")],
                "x.api.deepseek.com": [("A", "127.0.0.1")],
            },
            {},
        ),
    ],
    ids=[
        "private",
        "private-ipv6",
        "mixed",
        "mixed-families",
        "ipv6-mapped",
        "nat64",
        "metadata-beside",
        "cname-to-a-denied-host",
        "cname-chain-to-a-denied-host",
    ],
)  # fmt: skip
async def test_T33_a_name_that_leads_elsewhere_is_refused_without_a_packet(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
    zone: dict[str, Records | Callable[[], Records]],
    place: dict[str, Any],
) -> None:
    url = f"http://r1.example:{listener.port}/v1"
    async with gateway(tmp_path, monkeypatch, door, url, zone, **place) as served:
        error = await refused(served)
        assert (error.status_code, error.code) == (403, "provider_blocked")
        assert error.response.headers["x-should-retry"] == "false"
        assert "example" not in error.response.text
        assert served.records()[-1]["outcome"] == "denied"
    assert packets.read() == 0


async def test_T38_a_refused_host_is_told_with_the_rule(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
) -> None:
    zone = {"r1.example": [("CNAME", "api.deepseek.com")], "api.deepseek.com": [("A", "127.0.0.1")]}
    url = f"http://r1.example:{listener.port}/v1"
    async with gateway(tmp_path, monkeypatch, door, url, dict(zone)) as served:
        error = await refused(served)
    assert [reason["id"] for reason in error.body["reasons"]] == ["operator-denied"]  # type: ignore[index]
    assert packets.read() == 0


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
        "127.0.0.1.", "１２７.0.0.1", "[64:ff9b::7f00:1]",
    ],
)  # fmt: skip
async def test_T33_a_literal_of_any_spelling_is_refused_without_a_packet(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
    host: str,
) -> None:
    url = f"http://{host}:{listener.port}/v1"
    async with gateway(tmp_path, monkeypatch, door, url, {}, **OUTSIDE) as served:
        error = await refused(served)
        assert (error.status_code, error.code) == (403, "provider_blocked")
    assert packets.read() == 0


@pytest.mark.parametrize("host", ["r1.example.", "R1.Example", "ｒ1.example"])
async def test_a_name_of_any_spelling_is_the_same_name(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
    host: str,
) -> None:
    url = f"http://{host}:{listener.port}/v1"
    zone = {"r1.example": [("A", "127.0.0.1")]}
    async with gateway(tmp_path, monkeypatch, door, url, dict(zone), **OUTSIDE) as served:
        assert (await refused(served)).status_code == 403
    assert packets.read() == 0


async def test_rebinding_after_a_good_answer_is_refused_without_a_packet(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
) -> None:
    """The first answer leads to a server that closes each connection, the next ones to the listener beside metadata."""
    async with ScriptedUpstream(
        Script(headers={**OK.headers, "connection": "close"}, chunks=OK.chunks, cut=False)
    ) as first:
        answers: list[Records] = [[("A", "127.0.0.1")]] * 2
        turned: Records = [("A", "127.0.0.1"), ("A", "169.254.169.254")]
        zone: dict[str, Records | Callable[[], Records]] = {
            "r1.example": lambda: answers.pop() if answers else turned
        }
        url = f"http://r1.example:{first.port}/v1"
        async with gateway(tmp_path, monkeypatch, door, url, zone) as served:
            await ask(served)
            sent = len(first.requests)
            with PacketCount(first.port) as after:
                assert (await refused(served)).status_code == 403
                assert after.read() == 0
            assert len(first.requests) == sent
    assert packets.read() == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_T35_a_redirect_leads_nowhere(
    listener: ScriptedUpstream,
    packets: PacketCount,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    door: dict[str, Any],
    status: int,
) -> None:
    target = f"http://127.0.0.1:{listener.port}/v1/chat/completions"
    async with ScriptedUpstream(Script(status=status, headers={"location": target})) as sly:
        async with gateway(tmp_path, monkeypatch, door, sly.base_url, {}) as served:
            error = await refused(served)
            assert (error.status_code, error.code) == (502, "upstream_error")
            assert str(listener.port) not in error.response.text
        assert len(sly.requests) == 1
    assert packets.read() == 0


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
async def test_a_router_that_claims_another_provider_is_refused_before_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, streamed: bool
) -> None:
    delta = {"content": "ok"}
    claim = "DeepSeek"
    told = stream(chunk(delta, provider=claim)), completion(delta, provider=claim)
    script = told[0] if streamed else told[1]
    async with ScriptedUpstream(script) as router:
        async with gateway(
            tmp_path, monkeypatch, {}, router.base_url, {}, providers=["Google-Vertex/fp8"]
        ) as served:
            async with served.client() as client:
                with pytest.raises(openai.APIStatusError) as caught:
                    await client.chat.completions.create(
                        model="deepseek-r1",
                        messages=[{"role": "user", "content": "Hello"}],
                        stream=streamed,
                    )
            assert (caught.value.status_code, caught.value.code) == (403, "provider_blocked")
            assert "a provider that is not allowed" in caught.value.message
            assert served.records()[-1]["outcome"] == "denied"
        assert router.requests[0].json()["provider"]["only"] == ["Google-Vertex/fp8"]
