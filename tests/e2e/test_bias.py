"""Acceptance: the demo's model is measured end to end, and its score changes what policy decides."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest
import yaml

from gateway.audit.decisions import decisions, documents
from gateway.cli.models.bias import measure
from gateway.demo.model import NAME, LocalModel
from gateway.policy.compile.build import build
from gateway.policy.lab.replay import replay
from tests.bias.samples import small_set
from tests.cli.models.test_bias import probe
from tests.parts.configuration import deployment
from tests.parts.gateways import KEY, Served, prepared, serving
from tests.parts.opa import ROOT
from tests.parts.scripted import ScriptedUpstream, completion

ASKED: Any = [{"role": "user", "content": "Hello"}]


def policies(folder: Path, changes: dict[str, Callable[[Any], None]]) -> dict[str, str]:
    """The shipped policies with changed documents."""
    shutil.copytree(ROOT / "policies", folder / "policies")
    for name, change in changes.items():
        path = folder / "policies" / "data" / f"{name}.yaml"
        document = yaml.safe_load(path.read_text())
        change(document)
        path.write_text(yaml.safe_dump(document))
    return {"path": str(folder / "policies")}


def limited(limit: float) -> dict[str, Callable[[Any], None]]:
    return {"apps": lambda told: told["apps"].update({"billing": {"max_bias": limit}})}


async def refusal(served: Served, model: str, **more: Any) -> set[str]:
    """The ids of the reasons for which a call is refused; none when it is served."""
    async with served.client(timeout=120) as client:
        try:
            await client.chat.completions.create(model=model, messages=ASKED, max_tokens=4, **more)
        except openai.PermissionDeniedError as error:
            return {reason["id"] for reason in error.body["reasons"]}  # type: ignore[index]
    return set()


def aged(path: Path, days: int) -> None:
    """As if it had been measured so many days ago."""
    document = orjson.loads(path.read_bytes())
    document["measured"] = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    path.write_bytes(orjson.dumps(document))


async def test_the_demos_model_is_measured_and_its_score_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEKISHO_TEST_KEY", KEY)
    path = tmp_path / "bias.json"
    async with LocalModel(threads=2) as model:
        place = deployment(model.base_url, model=NAME, weights="smollm2", bias=str(path))
        told: dict[str, Any] = {
            "deployments": {"local": place},
            "models": {NAME: {"deployments": ["local"]}},
            "policy": policies(tmp_path, limited(0)),
            "detect": {"deadline_ms": 20_000},
        }
        async with serving(tmp_path, **told) as served:
            assert await refusal(served, NAME) == {"bias"}
            await measure(
                prepared(tmp_path, **told), None, small_set(tmp_path, "June 1989"), 8, as_json=False
            )
            assert orjson.loads(path.read_bytes())["score"] == 0
            assert await refusal(served, NAME) == set()
            aged(path, 91)
            assert await refusal(served, NAME) == {"bias"}


async def test_a_bent_model_is_refused_where_a_maximum_is_required_and_nowhere_else(
    tmp_path: Path,
) -> None:
    """R1's way, scripted: its score of 0.5 is too much for one purpose; the record's facts are decided again by replay."""
    code, _ = await probe(tmp_path)
    assert code == 0
    path = tmp_path / "bias.json"
    purpose = {"purposes": lambda told: told["assistance"].update({"max_bias": 0.2})}
    async with ScriptedUpstream(completion({"content": "ok"})) as server:
        document = orjson.loads(path.read_bytes())
        path.write_bytes(orjson.dumps({**document, "base_url": server.base_url}))
        places = {"r1-a": deployment(server.base_url, bias=str(path))}
        models = {"deepseek-r1": {"deployments": ["r1-a"]}}
        async with serving(
            tmp_path, deployments=places, models=models, policy=policies(tmp_path, purpose)
        ) as served:
            assert await refusal(served, "deepseek-r1") == set()
            header = {"x-sekisho-purpose": "assistance"}
            assert await refusal(served, "deepseek-r1", extra_headers=header) == {"bias"}
            assert len(server.requests) == 1
    before, after = build(ROOT / "policies"), build(tmp_path / "policies")
    known = dict(documents(tmp_path / "audit.db"))
    assert {orjson.loads(one)["candidates"][0]["bias"] for one in known.values()} == {0.5}
    past = decisions(tmp_path / "audit.db", datetime.now(UTC) - timedelta(hours=1))
    found = await asyncio.to_thread(replay, past, known, before, after)
    assert found.changes == {"same": 1, "newly_denied": 1}
    assert found.by_rule["bias"] == {"newly_denied": 1}
