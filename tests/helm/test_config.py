"""The rendered configuration is one that the gateway takes, and the policy engine beside it is one that it can ask."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from gateway.keys import KeyRing
from gateway.policy.compile.build import build
from gateway.policy.compile.bundle import write
from gateway.policy.decide.opa import OpaEngine
from gateway.settings.load import load
from gateway.settings.policy import Opa
from gateway.settings.root import Settings
from tests.parts.certificates import Authority
from tests.parts.chart import CATALOGUE, config, containers, pod
from tests.parts.commands import run
from tests.parts.opa import ROOT, opa_binary
from tests.parts.ports import free_port


def settings() -> Settings:
    return Settings.model_validate(yaml.safe_load(config(CATALOGUE)))


@pytest.fixture
def in_place(tmp_path: Path) -> Path:
    """The configuration, with a Pod's folders and what is mounted there below ``tmp_path``."""
    folders = {name: tmp_path / "run/secrets" / name for name in ("key-ring", "redis", "files")}
    for folder in (*folders.values(), tmp_path / "run/policy", tmp_path / "var/lib/sekisho"):
        folder.mkdir(parents=True)
    ring = folders["key-ring"] / "ring.json"
    ring.touch(mode=0o600)
    ring.write_text(KeyRing.new().dump())
    (folders["redis"] / "password").write_text("a password of the Redis")
    (folders["files"] / "azure").write_text("a key of the cloud")
    Authority(folders["files"], "redis")
    write(build(ROOT / "policies"), tmp_path / "run/policy/bundle.tar.gz")
    text = config(CATALOGUE)
    for name in ("/run/", "/var/"):
        text = text.replace(name, f"{tmp_path}{name}")
    path = tmp_path / "sekisho.yaml"
    path.write_text(text)
    return path


def test_the_gateway_takes_it(in_place: Path) -> None:
    checked = run("check", "--config", str(in_place))
    assert checked.exit_code == 0, checked.output


def test_what_the_values_say_arrives(in_place: Path) -> None:
    found, given = load(in_place), CATALOGUE["config"]
    assert found.limits.body_bytes == given["limits"]["body_bytes"]
    assert found.state.url == given["state"]["url"]
    assert set(found.deployments) == set(given["deployments"])
    assert found.identity.oidc is not None
    assert found.identity.oidc.issuer == given["identity"]["oidc"]["issuer"]
    assert {found.listen.host, found.admin.host} == {"0.0.0.0"}


def test_every_file_that_it_names_is_mounted() -> None:
    told = settings()
    mounts = {one["mountPath"] for one in containers(pod(CATALOGUE))["gateway"]["volumeMounts"]}
    named = [
        told.keys.ring_file,
        told.state.password_file,
        told.state.ca_file,
        told.identity.keys_file,
        told.policy.path,
        told.deployments["r1-azure"].api_key_file,
        Path(told.audit.store.removeprefix("sqlite:///")),
    ]
    assert {str(path.parent) for path in named if path} <= mounts


def test_it_listens_where_the_pod_says() -> None:
    ports = {one["name"]: one["containerPort"] for one in containers(pod())["gateway"]["ports"]}
    assert ports == {"public": settings().listen.port, "admin": settings().admin.port}


@asynccontextmanager
async def sidecar(folder: Path) -> AsyncIterator[tuple[int, int]]:
    """OPA as the Pod starts it, on other ports: that of the API, and that of its diagnostics."""
    api, diagnostics = free_port(), free_port()
    places = {":8181": f":{api}", ":8282": f":{diagnostics}", "/run/": f"{folder}/run/"}
    arguments = " ".join(containers(pod())["opa"]["args"])
    for told, here in places.items():
        assert told in arguments
        arguments = arguments.replace(told, here)
    process = await asyncio.create_subprocess_exec(str(opa_binary()), *arguments.split())
    try:
        yield api, diagnostics
    finally:
        process.terminate()
        assert await process.wait() == 0


async def answers(port: int, probe: dict[str, Any]) -> bool:
    url = f"http://127.0.0.1:{port}{probe['httpGet']['path']}"
    try:
        async with aiohttp.ClientSession() as session, session.get(url) as reply:
            return reply.status == 200
    except aiohttp.ClientConnectionError:
        return False


async def test_opa_answers_its_probes_and_decides_by_the_build(
    tmp_path: Path, in_place: Path
) -> None:
    opa, told = containers(pod())["opa"], settings().policy
    assert told.opa is not None
    async with sidecar(tmp_path) as (api, diagnostics):
        async with asyncio.timeout(60):
            while not await answers(diagnostics, opa["startupProbe"]):
                await asyncio.sleep(0.1)
        assert await answers(diagnostics, opa["livenessProbe"])
        assert not await answers(diagnostics, {"httpGet": {"path": "/v1/data"}})
        url = told.opa.url.replace(":8181", f":{api}")
        engine = OpaEngine(Opa(url=url, timeout_ms=5000), build(ROOT / "policies"))
        await engine.start()
        assert await engine.ready()
        await engine.close()
