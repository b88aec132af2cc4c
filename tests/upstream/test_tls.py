"""The server's certificate, its key, the gateway's own certificate, and the proxy: over real TLS."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest

from gateway.errors import AddressRefused, UpstreamFailed
from gateway.types import TextDelta
from gateway.upstream.transport.connector import spki_pin
from tests.parts.certificates import Authority
from tests.parts.scripted import ScriptedUpstream, completion
from tests.upstream.test_http import events

OK = completion({"content": "Hello"})
HELLO = TextDelta(choice=0, text="Hello")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def serving(
    authority: Authority, *hosts: str, clients_of: Path | None = None
) -> AsyncIterator[tuple[ScriptedUpstream, str]]:
    """A TLS server and its pin."""
    issued = authority.issue("server", *(hosts or ("127.0.0.1",)))
    async with ScriptedUpstream(OK, tls=issued.server(clients_of=clients_of)) as server:
        yield server, spki_pin(issued.der)


async def test_a_certificate_of_the_deployments_own_ca_is_believed(authority: Authority) -> None:
    async with serving(authority) as (server, _):
        assert HELLO in await events(server, ca_file=str(authority.ca_file))


async def test_a_certificate_of_another_ca_is_not(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path, "other authority")
    async with serving(authority) as (server, _):
        for ca_file in (str(other.ca_file), None):
            with pytest.raises(UpstreamFailed) as caught:
                await events(server, ca_file=ca_file)
            assert caught.value.cause == "tls_failed"
        assert server.requests == []


async def test_a_certificate_for_another_host_is_not(authority: Authority) -> None:
    async with serving(authority, "r1.example") as (server, _):
        with pytest.raises(UpstreamFailed):
            await events(server, ca_file=str(authority.ca_file))
        assert server.requests == []


async def test_a_pinned_key_is_believed_beside_others(authority: Authority) -> None:
    next_one = spki_pin(authority.issue("next").der)
    async with serving(authority) as (server, pin):
        assert HELLO in await events(
            server, ca_file=str(authority.ca_file), spki_pins=[next_one, pin]
        )


async def test_a_key_that_is_not_pinned_is_refused_before_any_byte_of_the_request(
    authority: Authority,
) -> None:
    other = spki_pin(authority.issue("other").der)
    async with serving(authority) as (server, _):
        with pytest.raises(AddressRefused) as caught:
            await events(server, ca_file=str(authority.ca_file), spki_pins=[other])
        assert (caught.value.status, caught.value.fallback) == (403, False)
        assert "public key" in caught.value.message
        assert server.requests == []


def test_no_certificate_has_no_pin() -> None:
    assert spki_pin(None) == ""


async def test_a_server_that_asks_for_a_certificate_gets_the_gateways(
    authority: Authority, tmp_path: Path
) -> None:
    own = authority.issue("gateway")
    files: dict[str, Any] = {
        "client_cert_file": str(own.cert_file),
        "client_key_file": str(own.key_file),
    }
    async with serving(authority, clients_of=authority.ca_file) as (server, _):
        assert HELLO in await events(server, ca_file=str(authority.ca_file), **files)
        with pytest.raises(UpstreamFailed):
            await events(server, ca_file=str(authority.ca_file))
        assert len(server.requests) == 1


class Proxy:
    """An HTTP proxy that knows CONNECT alone, and leads every host to one port of its own choice."""

    def __init__(self, port: int, *, status: int = 200) -> None:
        self._to = port
        self._status = status
        self.requests: list[str] = []
        self.heads: list[bytes] = []

    async def __aenter__(self) -> Self:
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.heads.append(head)
            self.requests.append(head.split(b"\r\n")[0].decode())
            writer.write(b"HTTP/1.1 %d Reason\r\n\r\n" % self._status)
            if self._status == 200:
                there, back = await asyncio.open_connection("127.0.0.1", self._to)
                await asyncio.gather(_pump(reader, back), _pump(there, writer))
        finally:
            self._tasks.discard(task)
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def through(proxy: Proxy, authority: Authority, base_url: str, **settings: Any) -> list[Any]:
    server = ScriptedUpstream()
    server.base_url = base_url
    return await events(server, ca_file=str(authority.ca_file), proxy=proxy.url, **settings)


async def test_a_proxy_gets_connect_and_sees_no_key_and_no_text(
    authority: Authority, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_text("sk-upstream")
    async with serving(authority, "r1.example") as (server, pin), Proxy(server.port) as proxy:
        reply = await through(
            proxy,
            authority,
            "https://r1.example/v1",
            zone="trusted-cloud",
            spki_pins=[pin],
            api_key_file=str(key),
        )
        assert HELLO in reply
        assert proxy.requests == ["CONNECT r1.example:443 HTTP/1.1"]
        assert b"sk-upstream" not in proxy.heads[0]
        assert dict(server.requests[0].headers)["host"] == "r1.example"


async def test_behind_a_proxy_the_certificate_and_the_pin_are_still_checked(
    authority: Authority,
) -> None:
    other = spki_pin(authority.issue("other").der)
    async with serving(authority, "evil.example") as (server, _), Proxy(server.port) as proxy:
        with pytest.raises(UpstreamFailed):
            await through(proxy, authority, "https://r1.example/v1")
        with pytest.raises(AddressRefused):
            await through(proxy, authority, "https://evil.example/v1", spki_pins=[other])
        assert server.requests == []


async def test_a_private_literal_is_refused_behind_a_proxy_too(authority: Authority) -> None:
    async with serving(authority) as (server, _), Proxy(server.port) as proxy:
        with pytest.raises(AddressRefused):
            await through(proxy, authority, "https://10.0.0.5/v1", zone="public-cloud")
        assert proxy.requests == []


async def test_a_proxy_that_refuses_is_a_failure_that_may_go_elsewhere(
    authority: Authority,
) -> None:
    async with serving(authority) as (server, _), Proxy(server.port, status=403) as proxy:
        with pytest.raises(UpstreamFailed) as caught:
            await through(proxy, authority, "https://r1.example/v1")
        assert caught.value.fallback
        assert server.requests == []
