"""What no rule reads can't change a decision; whatever is doubtful counts as read."""

from dataclasses import replace

import pytest

from gateway.policy.compile.build import Build, revision
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.input_usage import input_usage
from tests.policy.samples import known


def of(body: str) -> Build:
    return revision({"a.rego": f"package a\n\n{body}\n"}, {})


@pytest.mark.parametrize(
    ("body", "names", "names_only"),
    [
        ("x if input.hour > 1", {"hour"}, True),
        ("x if input.groups[_] == 1 # input.tenant", {"groups"}, True),
        ('x if input.app == "input.tenant"', {"app"}, True),
        ("x if { some e, _ in input.findings }", {"findings"}, True),
        ("x if {\n\tinput.findings\n}", {"findings"}, True),
        ("x if { some e, n in input.findings }", {"findings"}, False),
        ("x if { some e, _ in input.findings.PERSON }", {"findings"}, False),
        ("x if { count(input.findings) > 1 }", {"findings"}, False),
    ],
)
def test_what_is_read(body: str, names: set[str], names_only: bool) -> None:
    found = input_usage(of(body))
    assert set(found.names) == names
    assert found.finding_names_only == names_only


@pytest.mark.parametrize("body", ["x := input", 'x := input["hour"]', "x if f(input)"])
def test_what_is_doubtful_reads_everything(body: str) -> None:
    found = input_usage(of(body))
    assert {"tenant", "stream", "hour", "app"} <= found.names
    assert not found.finding_names_only


async def test_facts_that_differ_in_nothing_that_is_read_are_decided_once(shipped: Build) -> None:
    assert "stream" not in input_usage(shipped).names
    decider = Decider(shipped, EmbeddedEngine(shipped))
    first = await decider.decide(known(shipped, entities=("PERSON",)))
    streamed = replace(known(shipped, entities=("PERSON",) * 3), stream=True)
    second = await decider.decide(streamed)
    assert second.candidates is first.candidates
    assert (second.id, second.facts_hash) != (first.id, first.facts_hash)
    fresh = await Decider(shipped, EmbeddedEngine(shipped)).decide(streamed)
    assert (fresh.id, fresh.facts_hash) == (second.id, second.facts_hash)


async def test_the_cache_ends_with_the_hour_and_with_an_exception(shipped: Build) -> None:
    decider = Decider(shipped, EmbeddedEngine(shipped))
    now = known(shipped)
    first = await decider.decide(now)
    assert (
        await decider.decide(replace(now, hour=now.hour + 1))
    ).candidates is not first.candidates
    data = {name: value for name, value in shipped.data.items() if name != "sekisho_revision"}
    excused = revision(shipped.modules, {**data, "exceptions": {"trial": {"rule": "hours"}}})
    decider = Decider(excused, EmbeddedEngine(excused))
    first = await decider.decide(now)
    during = await decider.decide(replace(now, exceptions=("trial",)))
    assert during.candidates is not first.candidates
