"""Bundles polled from a server, as OPA polls them."""

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import load, pack
from gateway.policy.compile.bundle_source import BundleSource
from gateway.policy.compile.signatures import Signer, Verifier
from gateway.settings.policy import PolicyBundle
from tests.parts.signing import key_pair


class Service:
    """A bundle service that answers conditional requests."""

    def __init__(self, content: bytes, etag: str = '"1"', status: int = 200) -> None:
        self.content, self.etag, self.status = content, etag, status
        self.seen: list[dict[str, str]] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append({name.lower(): value for name, value in request.headers.items()})
        if self.status != 200:
            return web.Response(status=self.status, headers={"location": "http://127.0.0.1:1/"})
        if request.headers.get("if-none-match") == self.etag:
            return web.Response(status=304)
        return web.Response(body=self.content, headers={"etag": self.etag})


@asynccontextmanager
async def serving(service: Service) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/bundle.tar.gz", service.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/bundle.tar.gz"
    finally:
        await runner.cleanup()


async def test_a_bundle_is_fetched_once_for_each_etag_with_the_token(
    shipped: Build, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("s3cret\n")
    service = Service(pack(shipped))
    async with serving(service) as url:
        keep = tmp_path / "kept.tar.gz"
        settings = PolicyBundle(url=url, token_file=tmp_path / "token", keep=keep)
        download = BundleSource(settings, None)
        first = await download.newer(now=False)
        assert first is not None
        assert first.revision == shipped.revision == load(keep).revision
        download.judged(installed=True)
        assert await download.newer(now=True) is None
        service.etag = '"2"'
        assert await download.newer(now=False) is not None
    assert [seen["authorization"] for seen in service.seen] == ["Bearer s3cret"] * 3
    assert [seen.get("if-none-match") for seen in service.seen] == [None, '"1"', '"1"']


async def test_an_unsigned_bundle_is_refused_when_a_signature_is_required(
    shipped: Build, tmp_path: Path
) -> None:
    private, public = key_pair(tmp_path)
    verifier = Verifier(public, "ES256")
    service = Service(pack(shipped))
    async with serving(service) as url:
        download = BundleSource(PolicyBundle(url=url), verifier)
        with pytest.raises(ConfigError, match="not signed"):
            await download.newer(now=False)
        service.content, service.etag = pack(shipped, Signer(private, "ES256")), '"2"'
        newer = await download.newer(now=False)
        assert newer is not None
        assert newer.revision == shipped.revision


@pytest.mark.parametrize("status", [302, 307, 401, 404, 500])
async def test_no_other_answer_is_a_bundle_and_no_redirect_is_followed(
    shipped: Build, status: int
) -> None:
    async with serving(Service(b"", status=status)) as url:
        with pytest.raises(ConfigError, match=f"answered {status}"):
            await BundleSource(PolicyBundle(url=url), None).newer(now=False)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a bundle", gzip.compress(b"nothing")],
    ids=["empty", "text", "gzip"],
)
async def test_what_is_no_bundle_is_refused(content: bytes) -> None:
    async with serving(Service(content)) as url:
        with pytest.raises(ConfigError, match="not a policy build"):
            await BundleSource(PolicyBundle(url=url), None).newer(now=False)


async def test_a_server_that_is_gone_is_a_fault() -> None:
    with pytest.raises(ConfigError, match="no bundle could be downloaded"):
        await BundleSource(PolicyBundle(url="http://127.0.0.1:9/b"), None).newer(now=False)


async def test_B40_a_bundle_is_fetched_again_until_it_is_installed(shipped: Build) -> None:
    service = Service(pack(shipped))
    async with serving(service) as url:
        download = BundleSource(PolicyBundle(url=url), None)
        for _ in range(2):
            assert await download.newer(now=False) is not None
            download.judged(installed=False)
        assert await download.newer(now=False) is not None
        download.judged(installed=True)
        assert await download.newer(now=False) is None
    assert [seen.get("if-none-match") for seen in service.seen] == [None, None, None, '"1"']


async def test_B40_a_bundle_that_cannot_be_kept_is_refused(shipped: Build, tmp_path: Path) -> None:
    async with serving(Service(pack(shipped))) as url:
        keep = tmp_path / "absent" / "kept.tar.gz"
        download = BundleSource(PolicyBundle(url=url, keep=keep), None)
        with pytest.raises(
            ConfigError, match=r"^policy\.bundle\.keep: .*kept\.tar\.gz can't be written"
        ):
            await download.newer(now=False)
        keep.parent.mkdir()
        assert await download.newer(now=False) is not None
