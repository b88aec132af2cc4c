"""What the application learns of a client's certificate, over real handshakes."""

import ssl
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gateway.settings.server import Listen
from tests.parts.certificates import Authority, Issued
from tests.parts.gateways import hosting


def telling() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def tell(request: Request) -> Response:
        return Response(orjson.dumps(request.scope.get("extensions")))

    return app


def listen(server: Issued, ca: Authority | None) -> Listen:
    tls: dict[str, Any] = {"cert_file": server.cert_file, "key_file": server.key_file}
    if ca is not None:
        tls |= {"client_ca_file": ca.ca_file, "client_certificates": "optional"}
    return Listen.model_validate({"tls": tls})


async def tls_scopes(url: str, context: ssl.SSLContext | bool) -> list[Any]:
    async with httpx.AsyncClient(verify=context) as client:
        return [orjson.loads((await client.get(url)).content) for _ in range(2)]


async def test_each_request_of_a_connection_tells_the_clients_certificate(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    client = ca.issue("client")
    async with hosting(telling(), listen(ca.issue("server", "127.0.0.1"), ca)) as url:
        for found in await tls_scopes(url, client.client(ca.ca_file)):
            assert found["tls"]["client_cert_chain"] == [client.pem]
        bare = ssl.create_default_context(cafile=str(ca.ca_file))
        for found in await tls_scopes(url, bare):
            assert found["tls"]["client_cert_chain"] == []


@pytest.mark.parametrize("tls", [True, False])
async def test_nothing_is_passed_on_that_was_not_verified(tmp_path: Path, tls: bool) -> None:
    ca = Authority(tmp_path)
    client = ca.issue("client")
    place = listen(ca.issue("server", "127.0.0.1"), None) if tls else Listen()
    async with hosting(telling(), place) as url:
        for found in await tls_scopes(url, client.client(ca.ca_file)):
            assert (found is None) if not tls else found["tls"]["client_cert_chain"] == []
