"""A gateway behind real proxies: whom their headers prove, and that no client writes them."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.e2e.test_certificates import CALLERS, KEYS, SPIFFE, call
from tests.parts.certificates import Authority, Issued
from tests.parts.gateways import KEY, Served, serving
from tests.parts.proxies import AppendingEnvoy, Envoy, Nginx, Proxy
from tests.parts.scripted import ScriptedUpstream


class Site:
    def __init__(self, served: Served, proxy: Proxy, ca: Authority) -> None:
        self.served, self.proxy, self.ca = served, proxy, ca

    async def ask(
        self, client: Issued | None, key: str | None = None, **headers: str
    ) -> httpx.Response:
        bare = ssl.create_default_context(cafile=str(self.ca.ca_file))
        context = client.client(self.ca.ca_file) if client else bare
        async with httpx.AsyncClient(verify=context, base_url=self.proxy.url) as http:
            return await call(http, key, **headers)


@asynccontextmanager
async def site(folder: Path, upstream: ScriptedUpstream, kind: type[Proxy]) -> AsyncIterator[Site]:
    ca = Authority(folder)
    proxy = {"addresses": ["127.0.0.1"], **kind.form}
    identity = {"keys": KEYS, "certificates": {"callers": CALLERS, "proxy": proxy}}
    async with serving(folder, base_url=upstream.base_url, identity=identity) as served:
        port = int(served.url.rpartition(":")[2])
        async with kind(folder, ca.issue("server", "127.0.0.1"), ca.ca_file, port) as running:
            yield Site(served, running, ca)


@pytest.mark.parametrize("kind", [Nginx, Envoy, AppendingEnvoy])
async def test_the_clients_certificate_and_no_other_proves_who_calls(
    upstream: ScriptedUpstream, tmp_path: Path, kind: type[Proxy]
) -> None:
    async with site(tmp_path, upstream, kind) as made:
        portal, other = made.ca.issue("portal", SPIFFE), made.ca.issue("other", "globex.example")
        unknown = made.ca.issue("unknown", "unknown.example")
        assert (await made.ask(portal)).status_code == 200
        assert (await made.ask(portal, KEY)).status_code == 200
        assert (await made.ask(other, KEY)).status_code == 401
        assert (await made.ask(unknown)).status_code == 401
        assert (await made.ask(None)).status_code == 401
        assert (await made.ask(None, KEY)).status_code == 200
        found = [row["credential_id"] for row in made.served.records(kind="outcome")]
        assert found == ["portal", "billing", "billing"]
        for value in forgeries(portal):
            header = {kind.form.get("header", "x-forwarded-client-cert"): value}
            for client in (unknown, None):
                reply = await made.ask(client, **header)
                assert reply.status_code == 401, (value, reply.text)


async def test_no_client_writes_elements_by_the_names_in_its_certificate(
    upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    async with site(tmp_path, upstream, Envoy) as made:
        pem = quote(made.ca.issue("portal", SPIFFE).pem, safe="")
        for number, name in enumerate((f"https://x/,Cert={pem}", f'https://x/,Cert="{pem}"')):
            reply = await made.ask(made.ca.issue(f"writer{number}", name))
            assert reply.status_code == 401
            assert "separator" in reply.text


def forgeries(victim: Issued) -> list[str]:
    """Headers that a client writes to be taken for another."""
    pem = quote(victim.pem, safe="")
    element = f'By=x;Hash={victim.fingerprint};Cert="{pem}"'
    return [
        pem,
        element,
        f"{element},",
        f"{element};",
        f'{element};Subject="',
        f'{element},Subject="',
        f'{element},Subject="\\',
        f"{element};Chain=",
        f"{element};By=",
    ]
