"""The guarded connector: one destination, and no packet to any other."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from gateway.errors import AddressRefused
from gateway.settings.deployments import DeploymentSettings, Reach, Timeouts
from gateway.text.destination import destination
from gateway.types import Reason
from gateway.upstream.transport.connector import GuardedConnector, guarded_session, tls_context
from gateway.upstream.transport.resolver import GuardedResolver, HostRefusal
from tests.parts.configuration import deployment
from tests.parts.dns import DnsServer, Records
from tests.parts.scripted import Script, ScriptedUpstream

TOLD = DeploymentSettings.model_validate(deployment("http://127.0.0.1:9/v1"))
OK = Script(chunks=(b"ok",))


def _nobody(host: str) -> None:
    return None


@pytest.fixture
async def listener() -> AsyncIterator[ScriptedUpstream]:
    """Counts who connects."""
    async with ScriptedUpstream(OK) as running:
        yield running


@asynccontextmanager
async def session(
    url: str,
    *,
    reach: Reach = "private",
    refused: HostRefusal = _nobody,
    resolver: GuardedResolver | None = None,
) -> AsyncIterator[aiohttp.ClientSession]:
    connector = GuardedConnector(
        destination(url),
        reach=reach,
        host_refusal=refused,
        tls=tls_context(TOLD),
        resolver=resolver,
    )
    async with guarded_session(connector, Timeouts()) as opened:
        yield opened


async def _get(opened: aiohttp.ClientSession, url: str) -> bytes:
    async with opened.get(url, allow_redirects=False) as reply:
        return await reply.read()


async def test_the_allowed_destination_is_reached(listener: ScriptedUpstream) -> None:
    async with session(listener.base_url) as opened:
        assert await _get(opened, f"{listener.base_url}/models") == b"ok"


@pytest.mark.parametrize("other", ["http://localhost:{port}", "http://127.0.0.2:{port}"])
async def test_T33_another_host_is_refused(listener: ScriptedUpstream, other: str) -> None:
    async with session(listener.base_url) as opened:
        with pytest.raises(AddressRefused):
            await _get(opened, other.format(port=listener.port))
    assert listener.connections == 0


async def test_a_server_that_policy_does_not_recognise_gets_no_byte(
    listener: ScriptedUpstream,
) -> None:
    """Without TLS there is no key, and the check gets an empty pin."""
    rule = Reason(id="provenance", title="t", remedy="r", mode="enforce", code="c")
    pins: list[str] = []

    def check_server_key(pin: str) -> tuple[Reason, ...]:
        pins.append(pin)
        return (rule,)

    connector = GuardedConnector(
        destination(listener.base_url),
        reach="private",
        host_refusal=_nobody,
        tls=tls_context(TOLD),
        check_server_key=check_server_key,
    )
    async with guarded_session(connector, Timeouts()) as opened:
        with pytest.raises(AddressRefused, match="signed record") as caught:
            await _get(opened, listener.base_url)
    assert (caught.value.reasons, pins, listener.requests) == ((rule,), [""], [])


async def test_another_port_and_another_scheme_are_refused(listener: ScriptedUpstream) -> None:
    async with session("http://127.0.0.1:9/v1") as opened:
        for url in (listener.base_url, "https://127.0.0.1:9/v1"):
            with pytest.raises(AddressRefused):
                await _get(opened, url)
    assert listener.connections == 0


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "0x7f.1", "2130706433", "127.1", "[::ffff:127.0.0.1]", "0177.0.0.1"]
)
async def test_T33_a_literal_of_any_spelling_is_checked(
    listener: ScriptedUpstream, host: str
) -> None:
    url = f"http://{host}:{listener.port}"
    async with session(url, reach="public") as opened:
        with pytest.raises(AddressRefused):
            await _get(opened, destination(url).origin)
    assert listener.connections == 0


async def test_T38_a_host_that_policy_refuses_is_refused(listener: ScriptedUpstream) -> None:
    rule = Reason(id="operator-denied", title="t", remedy="r", mode="enforce", code="c")
    async with session(listener.base_url, refused=lambda _: (rule,)) as opened:
        with pytest.raises(AddressRefused) as caught:
            await _get(opened, listener.base_url)
    assert (caught.value.status, caught.value.reasons) == (403, (rule,))
    assert listener.connections == 0


@asynccontextmanager
async def named(
    listener: ScriptedUpstream, records: Callable[[], Records], *, reach: Reach
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A session to ``r1.example`` on the listener's port, resolved by a server of the test's own."""
    url = f"http://r1.example:{listener.port}"
    async with DnsServer({"r1.example": records}) as server:
        resolver = GuardedResolver(
            reach=reach,
            host_refusal=_nobody,
            dns=server.resolver(),
            hosts=Path("/nonexistent/hosts"),
        )
        async with session(url, reach=reach, resolver=resolver) as opened:
            yield opened, url


async def test_a_name_is_connected_to_at_the_address_that_was_checked(
    listener: ScriptedUpstream,
) -> None:
    async with named(listener, lambda: [("A", "127.0.0.1")], reach="private") as (opened, url):
        assert await _get(opened, url) == b"ok"
    assert ("host", f"r1.example:{listener.port}") in listener.requests[0].headers


async def test_T33_a_name_that_turns_private_is_refused(listener: ScriptedUpstream) -> None:
    async with named(listener, lambda: [("A", "127.0.0.1")], reach="public") as (opened, url):
        with pytest.raises(AddressRefused):
            await _get(opened, url)
    assert listener.connections == 0


async def test_rebinding_after_a_connection_is_refused_at_the_next(
    listener: ScriptedUpstream,
) -> None:
    listener.scripts = [Script(headers={"connection": "close"}, chunks=(b"ok",), cut=False)]
    answers = iter(["127.0.0.1", "127.0.0.1", "169.254.169.254", "169.254.169.254"])
    async with named(listener, lambda: [("A", next(answers))], reach="private") as (opened, url):
        assert await _get(opened, url) == b"ok"
        with pytest.raises(AddressRefused):
            await _get(opened, url)


async def test_proxies_of_the_environment_are_ignored(
    listener: ScriptedUpstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedUpstream(OK) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with session(listener.base_url) as opened:
            assert await _get(opened, listener.base_url) == b"ok"
    assert proxy.connections == 0


async def test_a_proxy_named_for_one_request_is_refused(listener: ScriptedUpstream) -> None:
    async with session("http://r1.example/v1") as opened:
        with pytest.raises(AddressRefused):
            await opened.get("http://r1.example/v1", proxy=listener.base_url)
    assert listener.connections == 0


def test_certificates_are_verified() -> None:
    context = tls_context(TOLD)
    assert context.check_hostname
    assert context.verify_mode.name == "CERT_REQUIRED"
    assert context.minimum_version.name == "TLSv1_2"


def test_a_ca_file_that_is_none_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "ca.pem"
    path.write_text("not a certificate")
    with pytest.raises(OSError, match=r"(?i)pem|certificate|ssl"):
        tls_context(TOLD.model_copy(update={"ca_file": path}))
