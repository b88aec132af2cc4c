"""A client of a running gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp
import psutil


@dataclass(frozen=True, kw_only=True)
class Response:
    """A response of the gateway. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> str:
        """The error code; empty for a success."""
        return "" if self.status == 200 else str(self.json()["error"]["code"])

    @property
    def message(self) -> dict[str, Any]:
        """The message of a chat completion."""
        message: dict[str, Any] = self.json()["choices"][0]["message"]
        return message


class Client:
    """Sends requests to one gateway, each over a new connection.

    Args:
        pid: the gateway's process.
        port: its public port.
        admin_port: its admin port.
    """

    def __init__(self, pid: int, port: int, admin_port: int) -> None:
        self._process = psutil.Process(pid)
        self._url = f"http://127.0.0.1:{port}"
        self._admin_url = f"http://127.0.0.1:{admin_port}/admin/v1"

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def send(
        self, path: str, body: Any = None, *, key: str = "", method: str = "", **headers: str
    ) -> Response:
        """Send a request: POST with a body, else GET. Header names have underscores for dashes."""
        return await self._send(self._url + path, body, key, method, headers)

    async def admin(self, path: str, body: Any = None, *, key: str) -> Response:
        """Send a request to the admin API."""
        return await self._send(self._admin_url + path, body, key, "", {})

    async def chat(
        self, text: str, *, key: str = "", model: str = "deepseek-r1", **headers: str
    ) -> Response:
        """Ask for a chat completion of one user message."""
        body = {"model": model, "messages": [{"role": "user", "content": text}], "max_tokens": 100}
        return await self.send("/v1/chat/completions", body, key=key, **headers)

    async def respond(
        self, text: str, *, key: str, previous: str | None = None, **headers: str
    ) -> Response:
        """Ask for a response that is stored, after a previous one."""
        body = {"model": "deepseek-r1", "input": text, "previous_response_id": previous}
        return await self.send("/v1/responses", body, key=key, **headers)

    async def chat_with_each_worker(self, text: str, *, key: str) -> list[Response]:
        """One chat completion from each worker.

        Which worker accepts a connection is the kernel's choice, so the others are stopped meanwhile.
        """
        responses = []
        workers = self._process.children()
        for worker in workers:
            others = [other for other in workers if other != worker]
            for other in others:
                other.suspend()
            responses.append(await self.chat(text, key=key))
            for other in others:
                other.resume()
        return responses

    async def ready(self) -> bool:
        try:
            return (await self.send("/readyz")).status == 200
        except aiohttp.ClientConnectionError:
            return False

    async def _send(
        self, url: str, body: Any, key: str, method: str, headers: Mapping[str, str]
    ) -> Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            sent["authorization"] = f"Bearer {key}"
        method = method or ("GET" if body is None else "POST")
        async with self._session.request(method, url, json=body, headers=sent) as reply:
            return Response(
                status=reply.status,
                headers={name.lower(): value for name, value in reply.headers.items()},
                text=await reply.text(),
            )
