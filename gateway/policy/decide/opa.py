"""An Open Policy Agent server as the engine, through opa-python-client.

Of the client only ``query_rule`` is used. Its session is replaced: the client's own follows redirects with the
whole input, ignores a CA file and has no time-out per call. Its methods that upload policies are never used:
OPA loads the build as a bundle.
"""

import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson
from opa_client.opa_async import AsyncOpaClient

from gateway import timeouts
from gateway.breaker import Breaker
from gateway.policy.compile.build import Build
from gateway.policy.decide.engine import PACKAGE, RULE, no_decision
from gateway.settings.policy import Opa
from gateway.types import Json

_STRICT = {"strict-builtin-errors": "true"}
"""A builtin that fails is an error, as in the embedded engine, and not merely undefined."""

_FAILURES_TO_OPEN = 3


class _Client(AsyncOpaClient):  # type: ignore[misc]  # the package has no types
    """The client with our session: own CA, no proxies from the environment, no redirects, no retries."""

    def __init__(self, settings: Opa) -> None:
        url = urlsplit(settings.url)
        super().__init__(
            host=url.hostname or "",
            port=url.port or (443 if url.scheme == "https" else 80),
            ssl=url.scheme == "https",
            retries=0,
            timeout=settings.timeout_ms / 1000,
        )
        self.root_url = f"{settings.url.rstrip('/')}/{self.version}"
        self._settings = settings

    async def open(self) -> None:
        """Open the session."""
        await self._init_session()

    async def _init_session(self) -> None:
        ca_file = self._settings.ca_file
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        self._connector = aiohttp.TCPConnector(ssl=context)
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self.timeout),
        )

    @asynccontextmanager
    async def _request(self, method: str, url: str, **options: Any) -> AsyncIterator[Any]:
        headers = self._authorization()
        async with self._session.request(
            method, url, allow_redirects=False, headers=headers, **options
        ) as response:
            yield response

    def _authorization(self) -> dict[str, str]:
        """The token is read for each call, so that it can be rotated."""
        token_file = self._settings.token_file
        return (
            {}
            if token_file is None
            else {"authorization": f"Bearer {token_file.read_text().strip()}"}
        )


class OpaEngine:
    """Asks an OPA server that serves the same build.

    After three failures in succession a circuit breaker refuses calls at once for a second, then one is tried.

    Args:
        settings: where the server is, and how to authenticate.
        build: the revision that it must serve.
        clock: a monotonic clock, for the breaker.
    """

    def __init__(
        self, settings: Opa, build: Build, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = _Client(settings)
        self._revision = build.revision
        # A call that is cancelled reports no outcome: were its trial not bounded, no other would ever be tried.
        self._breaker = Breaker(
            failures=_FAILURES_TO_OPEN,
            pause=timeouts.OPA_OPEN,
            trial_seconds=timeouts.OPA_OPEN,
            clock=clock,
        )

    async def start(self) -> None:
        """Open the session."""
        await self._client.open()

    async def evaluate(self, document: bytes) -> Json:
        """See :class:`~gateway.policy.decide.engine.Engine`."""
        # At once: waiting for the time-out again would hold up every request.
        if not self._breaker.admit():
            raise no_decision()
        try:
            answer = await self._client.query_rule(
                orjson.loads(document), PACKAGE, RULE, query_params=_STRICT
            )
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            self._breaker.failed()
            raise no_decision() from None
        # The breaker counts servers that do not answer. An answer without a
        # result is a fault of the policy.
        self._breaker.succeeded()
        if not isinstance(answer, dict) or not isinstance(answer.get("result"), dict):
            raise no_decision()
        return answer["result"]

    async def ready(self) -> bool:
        """Whether OPA answers and serves the gateway's own revision."""
        try:
            answer = await self._client.query_rule({}, "sekisho_revision")
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return False
        return isinstance(answer, dict) and answer.get("result") == self._revision

    async def close(self) -> None:
        """Close the session."""
        await self._client.close_connection()
