"""``sekisho models probe``: whether the deployments work and match their records."""

import asyncio
import os
import sys
from pathlib import Path

import orjson

from tests.parts.commands import ENVIRON, run, write_config
from tests.parts.configuration import deployment
from tests.parts.records import MANIFEST, RecordSigner
from tests.parts.scripted import Script, ScriptedUpstream

MODEL_LIST = Script(chunks=(b'{"data": [{"id": "deepseek-r1"}]}',))


async def probe(folder: Path, *scripts: Script) -> tuple[int | None, dict[str, str], str]:
    async with ScriptedUpstream(*scripts) as server:
        config = str(write_config(folder, base_url=server.base_url))
        code, output = await command("models", "probe", "--config", config, "--json")
        _, text = await command("models", "probe", "--config", config)
    return code, orjson.loads(output)["deployments"], text.decode()


async def command(*arguments: str) -> tuple[int | None, bytes]:
    """A process of its own, while the scripted server runs in this one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments),
        env={**os.environ, **ENVIRON},
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    return process.returncode, output


async def test_a_deployment_that_works(tmp_path: Path) -> None:
    assert await probe(tmp_path, MODEL_LIST) == (0, {"r1-a": ""}, "r1-a: works\n")


async def test_a_deployment_is_compared_with_its_record(tmp_path: Path) -> None:
    team = RecordSigner(tmp_path)
    results = {}
    async with ScriptedUpstream(MODEL_LIST) as server:
        for model in ("deepseek-r1", "another"):
            deployments = {"r1-a": deployment(server.base_url)}
            deployments["r1-a"]["provenance"] = team.bound(team.sign(model=model))
            config = str(write_config(tmp_path, deployments=deployments))
            code, output = await command("models", "probe", "--config", config, "--json")
            _, text = await command("models", "probe", "--config", config)
            results[model] = (code, orjson.loads(output)["provenance"]["r1-a"], text.decode())
    right = {"state": "verified", "manifest": MANIFEST, "why": ""}
    assert results["deepseek-r1"] == (0, right, f"r1-a: works; verified {MANIFEST}\n")
    wrong = {"state": "mismatch", "manifest": MANIFEST, "why": "reports another model"}
    printed = f"r1-a: works; mismatch {MANIFEST} reports another model\n"
    assert results["another"] == (1, wrong, printed)


async def test_a_vendor_without_a_list_of_models_is_not_probed(tmp_path: Path) -> None:
    async with ScriptedUpstream(MODEL_LIST) as server:
        deployments = {
            "house": deployment(server.base_url),
            "claude": deployment(server.base_url, kind="litellm", family="anthropic"),
        }
        models = {"deepseek-r1": {"deployments": list(deployments)}}
        config = str(write_config(tmp_path, deployments=deployments, models=models))
        code, output = await command("models", "probe", "--config", config)
    assert (code, output.decode()) == (0, "house: works\n")
    assert len(server.requests) == 1


async def test_a_deployment_that_serves_another_model_is_a_fault(tmp_path: Path) -> None:
    other = Script(chunks=(b'{"data": [{"id": "other"}]}',))
    code, faults, text = await probe(tmp_path, other)
    assert (code, faults) == (1, {"r1-a": "models: another model is served"})
    assert "another model" in text


def test_an_unreachable_deployment_is_a_fault(tmp_path: Path) -> None:
    result = run("models", "probe", "--config", str(write_config(tmp_path)))
    assert result.exit_code == 1
    assert "r1-a: ClientConnectorError" in result.stdout
