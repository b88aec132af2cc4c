"""The past decided again under a candidate: whom it would have hit, and how often."""

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
import pytest

from bench.traffic import day
from gateway.policy.compile.build import Build, build
from gateway.policy.decide.facts import canonical, facts_hash
from gateway.policy.lab.replay import replay
from gateway.types import Proof
from tests.policy.conftest import POLICIES
from tests.policy.samples import NOON, known


@dataclass(frozen=True, kw_only=True)
class One:
    request_id: str
    time: datetime
    facts_hash: str


RecordedRequest = tuple[list[One], dict[str, bytes]]


@pytest.fixture(scope="session")
def past(shipped: Build) -> RecordedRequest:
    """600 requests: as many distinct decisions as take more than one process."""
    requests, documents = [], {}
    for request in day(shipped, 600):
        document = canonical(request.facts)
        documents[facts_hash(document)] = document
        requests.append(
            One(request_id=request.request_id, time=request.time, facts_hash=facts_hash(document))
        )
    return requests, documents


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def edit(folder: Path, name: str, old: str, new: str) -> None:
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def count(past: RecordedRequest, app: str) -> int:
    requests, documents = past
    return sum(orjson.loads(documents[one.facts_hash])["app"] == app for one in requests)


def test_the_same_policies_change_nothing(shipped: Build, past: RecordedRequest) -> None:
    found = replay(*past, shipped, shipped)
    assert found.changes == {"same": 600}
    assert found.examples == {}
    assert found.distinct < 600


def test_whom_a_change_hits_is_told_by_app_model_and_rule(
    shipped: Build, past: RecordedRequest, folder: Path
) -> None:
    edit(folder, "data/apps.yaml", "apps: {}", "apps:\n  coding: {tools: false}")
    seen: list[tuple[int, int]] = []
    found = replay(*past, shipped, build(folder), lambda done, total: seen.append((done, total)))
    allowed = found.changes["newly_denied"]
    assert 0 < allowed <= count(past, "coding")
    assert found.by_app == {"coding": {"newly_denied": allowed}}
    assert found.by_rule == {"tools": {"newly_denied": allowed}}
    assert sum(row["newly_denied"] for row in found.by_model.values()) == allowed
    assert len(found.examples["newly_denied"]) == min(5, allowed)
    assert found.examples["newly_denied"][0].after == ("tools",)
    assert seen[-1] == (found.distinct, found.distinct)


def test_what_was_proven_stays_as_it_was_recorded(shipped: Build, folder: Path) -> None:
    """A record that has expired since, or one that is new, changes nothing of what was."""
    proofs = {"verified": Proof(state="verified", manifest="sha256:00"), "declared": Proof()}
    requests, documents = [], {}
    for name, proof in proofs.items():
        document = canonical(known(shipped, proofs={"r1-a": proof}))
        documents[facts_hash(document)] = document
        requests.append(One(request_id=name, time=NOON, facts_hash=facts_hash(document)))
    edit(folder, "data/entities.yaml", "provenance: [declared, verified]", "provenance: [verified]")
    found = replay(requests, documents, shipped, build(folder))
    assert found.changes == {"same": 1, "newly_denied": 1}
    (example,) = found.examples["newly_denied"]
    assert (example.request_id, example.after) == ("declared", ("provenance",))


def test_facts_are_looked_up_again_in_the_candidates_data(
    shipped: Build, past: RecordedRequest, folder: Path
) -> None:
    """The recorded facts say that api.openai.com is OpenAI's, in the US: the candidate says otherwise."""
    edit(folder, "data/operators.yaml", "hosts: [openai.com]", "hosts: [other.example]")
    found = replay(*past, shipped, build(folder))
    assert set(found.by_model) == {"gpt"}
    assert "host-mismatch" in found.by_rule


def test_an_exception_counts_on_its_days_alone(
    shipped: Build, past: RecordedRequest, folder: Path
) -> None:
    edit(folder, "data/apps.yaml", "apps: {}", "apps:\n  coding: {tools: false}")
    row = (
        "trial: {reason: tools, apps: [coding], operators: [self, azure, openai], why: w,"
        " requested_by: a, approved_by: b, start: 2026-11-24, until: 2026-11-25}"
    )
    edit(folder, "data/exceptions.yaml", "{}", row)
    candidate = build(folder)
    assert replay(*past, shipped, candidate).changes == {"same": 600}
    requests, documents = past
    later = [One(**{**vars(one), "time": one.time + timedelta(days=7)}) for one in requests]
    assert replay(later, documents, shipped, candidate).changes["newly_denied"] > 0


def test_facts_of_another_version_are_counted_and_not_guessed(shipped: Build) -> None:
    one = One(request_id="r", time=datetime.fromisoformat("2026-11-24T00:00:00Z"), facts_hash="h")
    found = replay([one], {"h": b'{"app": "old"}'}, shipped, shipped)
    assert found.changes == {"unreadable": 1}
