"""Callers with certificates at a whole gateway: real TLS clients, beside keys, while files and revocations change."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.edge.admin_routes import PREFIX
from tests.parts.certificates import Authority, Issued
from tests.parts.gateways import KEY, Served, hosting, serving
from tests.parts.scripted import ScriptedUpstream

SPIFFE = "spiffe://example.org/portal"
KEYS = [{"id": "billing", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"}]
CALLERS: list[dict[str, Any]] = [
    {"id": "portal", "tenant": "acme", "app": "portal", "uri": SPIFFE},
    {"id": "other", "tenant": "globex", "app": "portal", "dns": "globex.example"},
    {
        "id": "desk",
        "tenant": "staff",
        "app": "desk",
        "subject": "CN=desk",
        "roles": ["auditor"],
        "role_tenants": ["*"],
    },
]
BODY = {"model": "deepseek-r1", "messages": [{"role": "user", "content": "hello"}]}


class Site:
    """A gateway that asks for certificates, and those whom it may be asked by."""

    def __init__(self, served: Served, ca: Authority, folder: Path) -> None:
        self.served = served
        self.ca = ca
        self.trusted = folder / "clients.pem"

    def http(self, client: Issued | None = None) -> httpx.AsyncClient:
        bare = ssl.create_default_context(cafile=str(self.ca.ca_file))
        context = client.client(self.ca.ca_file) if client else bare
        return httpx.AsyncClient(verify=context, base_url=self.served.base_url)

    async def ask(self, client: Issued | None, key: str | None = None) -> httpx.Response:
        async with self.http(client) as http:
            return await call(http, key)


async def call(http: httpx.AsyncClient, key: str | None = None, **headers: str) -> httpx.Response:
    named = {"authorization": f"Bearer {key}"} if key else {}
    return await http.post("/chat/completions", json=BODY, headers={**named, **headers})


@asynccontextmanager
async def site(folder: Path, upstream: ScriptedUpstream, **more: Any) -> AsyncIterator[Site]:
    ca = Authority(folder)
    (folder / "clients.pem").write_bytes(ca.ca_file.read_bytes())
    server = ca.issue("server", "127.0.0.1")
    tls = {
        "cert_file": str(server.cert_file),
        "key_file": str(server.key_file),
        "client_ca_file": str(folder / "clients.pem"),
        "client_certificates": "optional",
    }
    identity = {"keys": KEYS, "certificates": {"callers": CALLERS, **more}}
    ports: dict[str, Any] = {"listen": {"tls": tls}, "admin": {"tls": tls}}
    async with serving(folder, base_url=upstream.base_url, identity=identity, **ports) as served:
        yield Site(served, ca, folder)


async def test_each_certificate_beside_a_key_and_without(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as made:
        issue = made.ca.issue
        portal, other = issue("portal", SPIFFE), issue("other", "globex.example")
        unknown = issue("unknown", "unknown.example")
        cases: list[tuple[Issued | None, str | None, int, str]] = [
            (None, None, 401, ""),
            (None, KEY, 200, "billing"),
            (None, KEY + "x", 401, ""),
            (portal, None, 200, "portal"),
            (portal, KEY, 200, "billing"),
            (portal, KEY + "x", 401, ""),
            (other, None, 200, "other"),
            (other, KEY, 401, ""),
            (unknown, None, 401, ""),
            (unknown, KEY, 200, "billing"),
        ]
        for client, key, status, caller in cases:
            before = len(made.served.records())
            reply = await made.ask(client, key)
            assert reply.status_code == status, (client and client.cert_file, key, reply.text)
            found = {row["credential_id"] for row in made.served.records()[before:]}
            assert found == ({caller} if caller else set())
        assert "different tenants" in (await made.ask(other, KEY)).text


async def test_a_certificate_that_does_not_verify_does_not_even_connect(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as made:
        foreign = Authority(tmp_path, "another authority").issue("foreign", SPIFFE)
        expired = made.ca.issue("expired", SPIFFE, good_for=timedelta(seconds=-1))
        for wrong in (foreign, expired):
            for key in (None, KEY):
                with pytest.raises(httpx.TransportError):
                    await made.ask(wrong, key)
    assert upstream.requests == []


def same_connection(*replies: httpx.Response) -> bool:
    streams = [reply.extensions["network_stream"] for reply in replies]
    return len({stream.get_extra_info("client_addr") for stream in streams}) == 1


@pytest.mark.parametrize("by", ["certificate", "tenant", "caller"])
async def test_a_revocation_reaches_connections_that_stand(
    upstream: ScriptedUpstream, tmp_path: Path, by: str
) -> None:
    async with site(tmp_path, upstream) as made:
        portal, refresh_if_due = made.ca.issue("portal", SPIFFE), made.ca.issue("renewed", SPIFFE)
        one = f"cert:{portal.fingerprint}"
        name = {"certificate": one, "tenant": f"acme/{one}", "caller": "portal"}[by]
        async with made.http(portal) as http:
            first = await call(http)
            await made.served.gateway.state.revoke(name, time.time() + 60)
            async with asyncio.timeout(10):
                while (last := await call(http)).status_code == 200:
                    await asyncio.sleep(0.05)
            assert [first.status_code, last.status_code] == [200, 401]
            assert same_connection(first, last)
            assert (await call(http, KEY)).status_code == 401
        status = (await made.ask(refresh_if_due)).status_code
        assert status == (401 if by == "caller" else 200)


async def test_a_certificate_expires_on_a_connection_that_stands(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as made:
        short = made.ca.issue("portal", SPIFFE, good_for=timedelta(seconds=5))
        async with made.http(short) as http:
            first = await call(http)
            async with asyncio.timeout(20):
                while (last := await call(http)).status_code == 200:
                    await asyncio.sleep(0.2)
            assert [first.status_code, last.status_code] == [200, 401]
            assert same_connection(first, last)
        assert "expired" in last.text


async def test_another_ca_of_clients_is_taken_up_without_a_restart(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as made:
        portal = made.ca.issue("portal", SPIFFE)
        newer = Authority(tmp_path, "newer authority")
        moved = newer.issue("moved", SPIFFE)
        assert (await made.ask(portal)).status_code == 200
        made.trusted.write_bytes(newer.ca_file.read_bytes())
        assert (await made.ask(moved)).status_code == 200
        with pytest.raises(httpx.TransportError):
            await made.ask(portal)


async def test_a_proxys_header_counts_from_the_proxy_alone(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    form: dict[str, Any] = {"form": "pem", "header": "ssl-client-cert"}
    for addresses, status in ((["127.0.0.1"], 200), (["10.0.0.0/8"], 401)):
        proxy = {"addresses": addresses, **form}
        async with site(tmp_path, upstream, proxy=proxy) as made:
            portal = made.ca.issue("portal", SPIFFE)
            header = {"ssl-client-cert": quote(portal.pem, safe="")}
            async with made.http() as http:
                assert (await call(http, **header)).status_code == status
                assert (await call(http, KEY, **header)).status_code == status
                assert (await call(http, KEY)).status_code == 200
            async with made.http(portal) as http:
                # A trusted proxy's own certificate is not that of a caller.
                assert (await call(http)).status_code == (401 if status == 200 else 200)


async def test_an_administrator_may_show_a_certificate(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream) as made:
        gateway = made.served.gateway
        async with hosting(gateway.admin(), gateway.settings.admin) as url:
            for client, status in (
                (made.ca.issue("desk"), 200),
                (made.ca.issue("portal", SPIFFE), 403),
            ):
                async with made.http(client) as http:
                    reply = await http.get(f"{url}{PREFIX}/audit/records")
                    assert reply.status_code == status
            async with made.http() as http:
                assert (await http.get(f"{url}{PREFIX}/audit/records")).status_code == 401
