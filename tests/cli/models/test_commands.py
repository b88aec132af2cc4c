"""``sekisho models``: what is configured, and whether it works."""

import asyncio
import os
import sys
from pathlib import Path

import orjson

from gateway.routing.catalogue import CLOUD_NAMES
from tests.parts.commands import ENVIRON, run, write_config
from tests.parts.configuration import deployment
from tests.parts.records import MANIFEST, RecordSigner
from tests.parts.scripted import Script, ScriptedUpstream

PUBLIC_ROUTES = Script(chunks=(b'{"data": [{"id": "deepseek-r1"}]}',))


def test_models_are_listed_with_their_names_and_places_in_order(tmp_path: Path) -> None:
    places = {
        "cloud": deployment("https://r1.example/v1", zone="trusted-cloud", drain=True),
        "house": deployment("http://127.0.0.1:9/v1", weight=2),
    }
    models = {"deepseek-r1": {"deployments": list(places), "deepseek_names": True}}
    config = write_config(tmp_path, deployments=places, models=models)
    result = run("models", "list", "--config", str(config), "--json")
    assert result.exit_code == 0, result.output
    (model,) = orjson.loads(result.stdout)
    assert model["names"] == ["deepseek-r1", *CLOUD_NAMES]
    assert [(d["name"], d["priority"]) for d in model["deployments"]] == [
        ("house", 0),
        ("cloud", 10),
    ]
    text = run("models", "list", "--config", str(config)).stdout
    assert "weight 2" in text
    assert "draining" in text


async def probe(folder: Path, *scripts: Script) -> tuple[int | None, dict[str, str], str]:
    async with ScriptedUpstream(*scripts) as server:
        config = str(write_config(folder, base_url=server.base_url))
        code, told = await command("models", "probe", "--config", config, "--json")
        _, text = await command("models", "probe", "--config", config)
    return code, orjson.loads(told)["deployments"], text.decode()


async def command(*arguments: str) -> tuple[int | None, bytes]:
    """A process of its own, while the scripted server runs in this one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments),
        env={**os.environ, **ENVIRON},
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await process.communicate()
    return process.returncode, told


async def test_a_deployment_that_works(tmp_path: Path) -> None:
    assert await probe(tmp_path, PUBLIC_ROUTES) == (0, {"r1-a": ""}, "r1-a: works\n")


async def test_a_deployment_is_compared_with_its_record(tmp_path: Path) -> None:
    team = RecordSigner(tmp_path)
    told = {}
    async with ScriptedUpstream(PUBLIC_ROUTES) as server:
        for model in ("deepseek-r1", "another"):
            places = {"r1-a": deployment(server.base_url)}
            places["r1-a"]["provenance"] = team.bound(team.sign(model=model))
            config = str(write_config(tmp_path, deployments=places))
            code, said = await command("models", "probe", "--config", config, "--json")
            _, text = await command("models", "probe", "--config", config)
            told[model] = (code, orjson.loads(said)["provenance"]["r1-a"], text.decode())
    right = {"state": "verified", "manifest": MANIFEST, "why": ""}
    assert told["deepseek-r1"] == (0, right, f"r1-a: works; verified {MANIFEST}\n")
    wrong = {"state": "mismatch", "manifest": MANIFEST, "why": "shows another model"}
    words = f"r1-a: works; mismatch {MANIFEST} shows another model\n"
    assert told["another"] == (1, wrong, words)


async def test_a_vendor_without_such_a_list_is_not_asked_and_no_fault(tmp_path: Path) -> None:
    async with ScriptedUpstream(PUBLIC_ROUTES) as server:
        places = {
            "house": deployment(server.base_url),
            "claude": deployment(server.base_url, kind="litellm", family="anthropic"),
        }
        models = {"deepseek-r1": {"deployments": list(places)}}
        config = str(write_config(tmp_path, deployments=places, models=models))
        code, told = await command("models", "probe", "--config", config)
    assert (code, told.decode()) == (0, "house: works\n")
    assert len(server.requests) == 1


async def test_a_deployment_that_serves_another_model_is_a_fault(tmp_path: Path) -> None:
    other = Script(chunks=(b'{"data": [{"id": "other"}]}',))
    code, faults, text = await probe(tmp_path, other)
    assert (code, faults) == (1, {"r1-a": "models: another model is served"})
    assert "another model" in text


def test_nobody_there_is_a_fault(tmp_path: Path) -> None:
    result = run("models", "probe", "--config", str(write_config(tmp_path)))
    assert result.exit_code == 1
    assert "r1-a: ClientConnectorError" in result.stdout
