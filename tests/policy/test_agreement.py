"""Both engines give the same answer to any facts, and neither allows what is not proven."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.breaker import Breaker
from gateway.errors import PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import write
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.facts import canonical
from gateway.policy.decide.opa import OpaEngine
from gateway.settings.policy import Opa
from gateway.types import Json
from tests.parts.opa import OpaServer
from tests.policy.generated import documents, enriched, ill_typed
from tests.policy.samples import CLOUD, deployment, known


def mostly(likely: Sequence[Any], *others: Any) -> st.SearchStrategy[Any]:
    """A value that is as it should be three times out of four, so that whole requests often are."""
    return st.integers(0, 3).flatmap(lambda n: st.sampled_from(others if n == 3 else likely))


GENERATED = 10_000 if os.environ.get("SEKISHO_PROVE") == "1" else 400

ZONES = mostly(["in-house", "trusted-cloud", "public-cloud"], "device", "basement", "")
OPERATORS = st.sampled_from(["", "self", "openai", "deepseek", "anthropic", "nobody"])
ENTITIES = mostly(["PERSON", "SECRE", "NEW", "", "個人"], "JP_MY_NUMBER", "SECRET_", "SECRET_KEY")
PLACES = st.one_of(
    st.sampled_from([("self", "10.0.0.5", ""), ("openai", "api.openai.com", "openai")]),
    st.tuples(OPERATORS, st.sampled_from(["", "10.0.0.5", "api.openai.com"]), OPERATORS),
)
"""Operator, host and the host's operator."""
BUCKETS = st.dictionaries(
    st.sampled_from(["user", "tool"]), st.sampled_from(["1", "2-9", "10+"]), min_size=1
)
CANDIDATES = st.lists(
    st.fixed_dictionaries(
        {
            "deployment": st.sampled_from(["a", "b", "c", "d"]),
            "zone": ZONES,
            "place": PLACES,
            "developer": mostly(["DeepSeek"], ""),
            "licences": mostly([["MIT"]], [], ["none"]),
            "output_use": st.sampled_from(["allowed", "conditional", "forbidden", "unknown"]),
            "harvest": mostly(["off", "below"], "over", "unknown", ""),
        }
    ),
    max_size=4,
    unique_by=lambda candidate: candidate["deployment"],
)
FACTS = st.fixed_dictionaries(
    {
        "findings": st.dictionaries(ENTITIES, BUCKETS, max_size=3),
        "modalities": st.lists(mostly(["text"], "image", "hologram"), max_size=2),
        "unscannable": st.lists(st.sampled_from(["image", "audio", "file"]), max_size=1),
        "purpose": mostly(["", "evaluation"], "distillation", "(unlisted)"),
        "candidates": CANDIDATES,
    }
)


NEVER_OPENS = Breaker(failures=sys.maxsize, pause=0)
"""Facts that a builtin refuses are failures of a call, and no sign of a broken server."""


@pytest.fixture
async def opa(shipped: Build, tmp_path: Path) -> AsyncIterator[OpaEngine]:
    write(shipped, tmp_path / "bundle.tar.gz")
    async with OpaServer(tmp_path / "bundle.tar.gz") as server:
        engine = OpaEngine(Opa(url=server.url, timeout_ms=10_000), shipped)
        await engine.start()
        try:
            yield engine
        finally:
            await engine.close()


async def test_generated_facts_are_decided_alike(shipped: Build, opa: OpaEngine) -> None:
    base = asdict(known(shipped))
    embedded = EmbeddedEngine(shipped)
    documents = [canonical(known(shipped, deployment(), CLOUD, entities=("PERSON",)))]

    @settings(
        max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(FACTS)
    def collect(changes: dict[str, Any]) -> None:
        rows = [{**base["candidates"][0], **_placed(row)} for row in changes["candidates"]]
        documents.append(orjson.dumps({**base, **changes, "candidates": rows}))

    collect()
    allowed = 0
    for document in documents:
        answers = [await engine.evaluate(document) for engine in (embedded, opa)]
        assert answers[0] == answers[1], document
        allowed += sum(verdict["allow"] for verdict in answers[0]["candidates"].values())
    assert allowed >= 2, "the first document is allowed in both places"


@pytest.mark.parametrize(
    "field",
    [
        "zone",
        "host",
        "host_operator",
        "operator",
        "developer",
        "licences",
        "output_use",
        "harvest",
    ],
)
async def test_a_field_that_is_missing_is_never_permission(
    shipped: Build, opa: OpaEngine, field: str
) -> None:
    facts = asdict(known(shipped, purpose="distillation"))
    del facts["candidates"][0][field]
    assert await _refused(orjson.dumps(facts), EmbeddedEngine(shipped), opa)


@pytest.mark.parametrize("part", ["findings", "modalities", "unscannable", "purpose"])
async def test_a_part_that_is_missing_is_never_permission(
    shipped: Build, opa: OpaEngine, part: str
) -> None:
    facts = asdict(known(shipped))
    del facts[part]
    assert await _refused(orjson.dumps(facts), EmbeddedEngine(shipped), opa)


async def test_many_generated_facts_are_decided_alike(shipped: Build, tmp_path: Path) -> None:
    """Also over rows of every kind, and over facts with a field that is missing or odd."""
    built = enriched(shipped)
    write(built, tmp_path / "bundle.tar.gz")
    embedded = EmbeddedEngine(built)
    different, allowed, refused = [], 0, 0
    async with OpaServer(tmp_path / "bundle.tar.gz") as server:
        opa = OpaEngine(Opa(url=server.url, timeout_ms=60_000), built)
        opa._breaker = NEVER_OPENS
        await opa.start()
        pending = list(documents(built, GENERATED))
        for start in range(0, GENERATED, 16):
            batch = pending[start : start + 16]
            theirs = await asyncio.gather(*(_answer(opa, document) for document in batch))
            for document, answer in zip(batch, theirs, strict=True):
                ours = await _answer(embedded, document)
                if ours != answer:
                    different.append(document)
                verdicts = list(ours.get("candidates", {}).values())
                allowed += any(verdict["allow"] for verdict in verdicts)
                refused += not any(verdict["allow"] for verdict in verdicts)
        await opa.close()
    await embedded.close()
    assert different == []
    assert allowed > GENERATED / 200
    assert refused > GENERATED / 10


async def test_facts_of_another_kind_are_never_permission(shipped: Build, tmp_path: Path) -> None:
    """One engine says undefined where the other raises; neither allows it."""
    built = enriched(shipped)
    write(built, tmp_path / "bundle.tar.gz")
    embedded = EmbeddedEngine(built)
    read = {
        "zone",
        "operator",
        "host_operator",
        "developer",
        "licences",
        "provenance",
        "rerouted",
        "harvest",
    }
    async with OpaServer(tmp_path / "bundle.tar.gz") as server:
        opa = OpaEngine(Opa(url=server.url, timeout_ms=60_000), built)
        opa._breaker = NEVER_OPENS
        await opa.start()
        for document in ill_typed(built, GENERATED // 10):
            known = orjson.loads(document)
            broken = [c["deployment"] for c in known["candidates"] if _ill(c) & read]
            for engine in (embedded, opa):
                verdicts = (await _answer(engine, document)).get("candidates", {})
                assert not [name for name in broken if name in verdicts and verdicts[name]["allow"]]
        await opa.close()
    await embedded.close()


def _ill(candidate: dict[str, Any]) -> set[str]:
    """Fields that are not of their kind."""
    kinds = {"lineage": list, "licences": list, "rerouted": bool}
    return {name for name, value in candidate.items() if type(value) is not kinds.get(name, str)}


def _placed(row: dict[str, Any]) -> dict[str, Any]:
    operator, host, host_operator = row["place"]
    return {**row, "operator": operator, "host": host, "host_operator": host_operator}


async def _refused(document: bytes, *engines: EmbeddedEngine | OpaEngine) -> bool:
    answers = await asyncio.gather(*(_answer(engine, document) for engine in engines))
    return not any(
        verdict["allow"] for answer in answers for verdict in answer.get("candidates", {}).values()
    )


async def _answer(engine: EmbeddedEngine | OpaEngine, document: bytes) -> Json:
    try:
        return await engine.evaluate(document)
    except PolicyUnavailable:
        return {}
