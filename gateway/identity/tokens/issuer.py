"""The keys of an OpenID provider: discovered, cached, and fetched again when they rotate.

OpenID Connect Discovery 1.0, section 4; JSON Web Key (RFC 7517).
"""

import asyncio
import ssl
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import orjson
from jwt import PyJWK, PyJWTError

from gateway import timeouts
from gateway.background import Background
from gateway.errors import IdentityUnavailable
from gateway.settings.provider import Provider

_WELL_KNOWN: Final = "/.well-known/openid-configuration"
_MAX_DOCUMENT_BYTES: Final = 1 << 20
_ASYMMETRIC: Final = frozenset({"RSA", "EC", "OKP"})


class Issuer:
    """The keys with which one issuer signs, by their id.

    Args:
        settings: which issuer, and for how long its keys may be used.
        clock: a monotonic clock.
        background: runs the refreshing.
    """

    def __init__(
        self,
        settings: Provider,
        clock: Callable[[], float] = time.monotonic,
        background: Background | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._keys: Mapping[str, PyJWK] = {}
        self._fetched_at = -float("inf")
        self._attempted_at = -float("inf")
        self._attempts = 0
        self._lock = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._refreshing = (background or Background()).every(
            f"issuer {settings.issuer}", self._until_next_fetch, self._fetch
        )
        self.generation = 0
        """Increases whenever the keys change: what was verified with the previous keys must be verified again."""

    async def start(self) -> None:
        """Fetch the keys, and refresh them from then on. An issuer that does not answer is not an error yet."""
        tls: ssl.SSLContext | bool = True
        if self._settings.ca_file is not None:
            tls = ssl.create_default_context(cafile=str(self._settings.ca_file))
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls),
            timeout=aiohttp.ClientTimeout(
                total=timeouts.ISSUER_TOTAL, sock_connect=timeouts.ISSUER_CONNECT
            ),
            trust_env=False,
        )
        await self._fetch()
        self._refreshing.start()

    async def close(self) -> None:
        """Close the session."""
        await self._refreshing.close()
        if self._session is not None:
            await self._session.close()

    def ready(self) -> bool:
        """Whether the keys are recent enough to be used."""
        return self._clock() - self._fetched_at < self._settings.stale_seconds

    async def key(self, key_id: str | None) -> PyJWK | None:
        """The key of that id, or the only one when a token names none; ``None`` when there is none.

        An unknown id causes a fetch of the keys, at most once in ``timeouts.ISSUER_MIN_REFRESH`` seconds.

        Raises:
            IdentityUnavailable: the keys could not be fetched for ``stale_seconds``.
        """
        if self._find(key_id) is None or not self.ready():
            await self.refresh_if_due()
        if not self.ready():
            raise IdentityUnavailable(
                "The keys of the token's issuer are unavailable. Try again later."
            )
        return self._find(key_id)

    async def refresh_if_due(self) -> bool:
        """Fetch the keys, unless that was tried a moment ago; return whether they have changed."""
        before = self.generation
        if self._clock() - self._attempted_at >= timeouts.ISSUER_MIN_REFRESH:
            await self._fetch()
        return self.generation != before

    def _find(self, key_id: str | None) -> PyJWK | None:
        if key_id is not None:
            return self._keys.get(key_id)
        return next(iter(self._keys.values())) if len(self._keys) == 1 else None

    def _until_next_fetch(self) -> float:
        failed = self._fetched_at < self._attempted_at
        return timeouts.ISSUER_MIN_REFRESH if failed else self._settings.refresh_seconds

    async def _fetch(self) -> None:
        """Replace the keys with the issuer's current ones. After a failed fetch, the old ones stay."""
        # Calls that waited for the lock while another fetched must not fetch once more.
        before = self._attempts
        async with self._lock:
            if self._attempts != before:
                return
            self._attempts += 1
            self._attempted_at = self._clock()
            try:
                keys = _usable(await self._document(await self._jwks_uri()))
            except (aiohttp.ClientError, OSError, TimeoutError, ValueError, KeyError, TypeError):
                return
            # No usable key is an error of the issuer: the known keys are used until they are stale.
            if not keys:
                return
            # Compared by content: most fetches return the same keys, and must not clear the token caches.
            if {i: k._jwk_data for i, k in keys.items()} != {  # noqa: SLF001  # the library has no public API for it
                i: k._jwk_data  # noqa: SLF001
                for i, k in self._keys.items()
            }:
                self.generation += 1
            self._keys = keys
            self._fetched_at = self._attempted_at

    async def _jwks_uri(self) -> str:
        issuer = self._settings.issuer
        document = await self._document(issuer.rstrip("/") + _WELL_KNOWN)
        if document["issuer"] != issuer:
            raise ValueError("the discovery document names another issuer")
        uri = str(document["jwks_uri"])
        if urlsplit(uri).scheme != "https" and urlsplit(issuer).scheme == "https":
            # Keys fetched without TLS could be replaced in transit.
            raise ValueError("the keys of an https issuer are fetched over https")
        return uri

    async def _document(self, url: str) -> dict[str, Any]:
        if self._session is None:
            raise OSError("the issuer was not started")
        # A redirect could lead to a host that the configuration does not name.
        async with self._session.get(url, allow_redirects=False) as reply:
            if reply.status != 200:
                raise ValueError("the issuer answered with an error")
            # read(n) returns what has arrived, at most n bytes; a document over the bound
            # is cut, and then is not JSON.
            body = await reply.content.read(_MAX_DOCUMENT_BYTES)
            while len(body) < _MAX_DOCUMENT_BYTES and (
                more := await reply.content.read(_MAX_DOCUMENT_BYTES)
            ):
                body += more
        document: dict[str, Any] = orjson.loads(body)
        return document


def _usable(document: Mapping[str, Any]) -> dict[str, PyJWK]:
    """Public signing keys by id, which is empty where a key has none. Other keys are skipped."""
    keys: dict[str, PyJWK] = {}
    for jwk in document["keys"]:
        # No symmetric keys, with which anyone who reads them could sign; `d` marks a private key.
        if jwk.get("kty") not in _ASYMMETRIC or jwk.get("use", "sig") != "sig" or "d" in jwk:
            continue
        try:
            keys[str(jwk.get("kid", ""))] = PyJWK(jwk)
        except PyJWTError:
            continue
    return keys
