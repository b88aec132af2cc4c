"""Bundles from a server, as OPA polls them: conditional requests by ETag, a token, no redirects.

https://www.openpolicyagent.org/docs/management-bundles#bundle-service-api
"""

import asyncio
import ssl
from pathlib import Path
from typing import Final

import aiohttp

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import MAX_BYTES, unpack
from gateway.policy.compile.self_test import self_tested
from gateway.policy.compile.signatures import Verifier
from gateway.settings.policy import PolicyBundle


class BundleSource:
    """A bundle service. A valid bundle is stored on disk when ``keep`` is set, for the next start.

    Args:
        settings: where, and how to authenticate.
        verifier: checks signatures, when one is required.
    """

    def __init__(self, settings: PolicyBundle, verifier: Verifier | None) -> None:
        self._settings: Final = settings
        self._verifier: Final = verifier
        self._etag = self._given = ""

    async def newer(self, *, now: bool) -> Build | None:
        """See :class:`~gateway.policy.decide.refresh.PolicySource`; an unreachable server is a fault too."""
        content = await self._get()
        if content is None:
            return None
        name = self._settings.url
        build = await asyncio.to_thread(self_tested, lambda: unpack(content, name, self._verifier))
        if self._settings.keep is not None:
            await asyncio.to_thread(_keep, self._settings.keep, content)
        return build

    def judged(self, *, installed: bool) -> None:
        """See :class:`~gateway.policy.decide.refresh.PolicySource`; a refused bundle is fetched again, as OPA does."""
        if installed:
            # Not before: the ETag of a refused bundle would make the server
            # answer 304 to every later poll.
            self._etag = self._given

    async def _get(self) -> bytes | None:
        try:
            async with self._session() as session:
                return await self._ask(session)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            fault = f"{self._settings.url}: no bundle could be downloaded ({type(error).__name__})"
            raise ConfigError([fault]) from None

    def _session(self) -> aiohttp.ClientSession:
        ca_file = self._settings.ca_file
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context),
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=self._settings.timeout_seconds),
            # A bundle is itself gzip. If a server labels it as encoded, the library would
            # decompress it without a limit.
            auto_decompress=False,
        )

    async def _ask(self, session: aiohttp.ClientSession) -> bytes | None:
        url = self._settings.url
        # A redirect could send the token to another server.
        async with session.get(url, headers=self._headers(), allow_redirects=False) as reply:
            if reply.status == 304:
                return None
            if reply.status != 200:
                raise ConfigError([f"{url}: the bundle service answered {reply.status}"])
            content = await reply.content.read(MAX_BYTES + 1)
            while chunk := await reply.content.read(MAX_BYTES + 1):
                content += chunk
                if len(content) > MAX_BYTES:
                    raise ConfigError([f"{url}: the bundle is over {MAX_BYTES} bytes"])
            self._given = reply.headers.get("etag", "")
            return content

    def _headers(self) -> dict[str, str]:
        headers = {"if-none-match": self._etag} if self._etag else {}
        if self._settings.token_file is not None:
            token = self._settings.token_file.read_text(encoding="utf-8").strip()
            headers["authorization"] = f"Bearer {token}"
        return headers


def _keep(path: Path, content: bytes) -> None:
    """Write atomically: the file is always a complete bundle."""
    # In the same folder: a rename is atomic only within one file system.
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as error:
        raise ConfigError(
            [f"policy.bundle.keep: {path} can't be written: {error.strerror}"]
        ) from None
