"""Facts are coarse, normalised, and hold no text."""

from dataclasses import asdict
from datetime import timedelta

import orjson
import pytest

from gateway.errors import InvalidRequest
from gateway.policy.compile.build import Build
from gateway.policy.decide.facts import (
    UNLISTED,
    Bias,
    bucket,
    canonical,
    declared_purpose,
    facts_hash,
    read,
    resolved_again,
    with_bias,
)
from gateway.types import Proof
from tests.policy.samples import CLOUD, NOON, deployment, known


@pytest.mark.parametrize(
    ("count", "expected"), [(0, "0"), (1, "1"), (2, "2-9"), (9, "2-9"), (10, "10+"), (999, "10+")]
)
def test_counts_are_bucketed(count: int, expected: str) -> None:
    assert bucket(count) == expected


def test_equal_facts_meet(shipped: Build) -> None:
    first = canonical(known(shipped, entities=("PERSON",) * 3))
    second = canonical(known(shipped, entities=("PERSON",) * 7))
    assert first == second
    assert facts_hash(first) == facts_hash(second)
    assert canonical(known(shipped, entities=("PERSON",))) != first


def test_no_text_no_subject_no_request(shipped: Build) -> None:
    document = canonical(known(shipped, entities=("PERSON",)))
    assert b"xxx" not in document
    assert set(asdict(known(shipped))) == {
        *(
            "tenant",
            "app",
            "groups",
            "dialect",
            "operation",
            "model",
            "stream",
            "tools",
            "findings",
        ),
        *("unscannable", "modalities", "purpose", "max_output_tokens", "hour"),
        *("exceptions", "candidates"),
    }
    assert b"deepseek-reasoner" not in document


def test_the_hour_is_of_the_week_in_the_policys_time_zone(shipped: Build) -> None:
    assert known(shipped).hour == 24 + 12


def test_candidates_are_resolved_from_the_data(shipped: Build) -> None:
    house, cloud = known(shipped, deployment(), CLOUD).candidates
    assert (house.host, house.host_operator, house.developer, house.licences) == (
        "10.0.0.5",
        "",
        "DeepSeek",
        ("MIT",),
    )
    assert house.lineage == ("DeepSeek",)
    assert house.output_use == "allowed"
    assert (cloud.host_operator, cloud.operator_country, cloud.output_use) == (
        "openai",
        "US",
        "conditional",
    )


def test_what_is_proven_is_a_fact_of_its_moment(shipped: Build) -> None:
    """Facts of a deployment are remembered: never beyond a change of its proof."""
    proofs = [Proof(state="verified", manifest="sha256:00"), Proof(state="expired"), None]
    found = [
        known(shipped, proofs={} if proof is None else {"r1-a": proof}).candidates[0]
        for proof in (*proofs, *proofs)
    ]
    states = [(candidate.provenance, candidate.manifest) for candidate in found]
    assert states == [("verified", "sha256:00"), ("expired", ""), ("declared", "")] * 2


def test_facts_recorded_before_there_were_manifests_are_read(shipped: Build) -> None:
    document = orjson.loads(canonical(known(shipped)))
    del document["candidates"][0]["manifest"]
    document["candidates"][0]["provenance"] = "mismatch"
    (candidate,) = read(resolved_again(document, shipped, NOON)).candidates
    assert (candidate.manifest, candidate.provenance) == ("", "mismatch")


def test_what_no_row_says_is_empty(shipped: Build) -> None:
    (stranger,) = known(shipped, deployment("http://[", "nobody", weights="nothing")).candidates
    assert (stranger.host, stranger.operator_country, stranger.developer, stranger.output_use) == (
        "",
        "",
        "",
        "unknown",
    )


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (None, ""),
        ("distillation", "distillation"),
        ("ask Kenji Tanaka", UNLISTED),
        ("", UNLISTED),
        (UNLISTED, UNLISTED),
    ],
)
def test_a_purpose_is_a_listed_name_and_never_the_callers_text(
    shipped: Build, declared: str | None, expected: str
) -> None:
    facts = known(shipped, purpose=declared)
    assert facts.purpose == expected
    assert UNLISTED not in shipped.data["purposes"]
    assert b"Tanaka" not in canonical(facts)


def test_canonical_facts_are_sorted_at_every_depth(shipped: Build) -> None:
    document = canonical(known(shipped, entities=("PERSON", "AGE")))
    assert document == orjson.dumps(orjson.loads(document), option=orjson.OPT_SORT_KEYS)
    assert orjson.loads(document) == orjson.loads(
        orjson.dumps(asdict(known(shipped, entities=("PERSON", "AGE"))))
    )


def test_another_build_gives_another_candidate(shipped: Build) -> None:
    operators = {
        **shipped.data["operators"],
        "openai": {**shipped.data["operators"]["openai"], "country": "JP"},
    }
    other = Build(
        revision="other", modules=shipped.modules, data={**shipped.data, "operators": operators}
    )
    countries = [
        known(built, CLOUD).candidates[0].operator_country for built in (shipped, other, shipped)
    ]
    assert countries == ["US", "JP", "US"]


def test_a_model_that_another_row_reroutes_to_was_not_counted(shipped: Build) -> None:
    row = {**shipped.data["apps"]["default"], "when_in_house_only": "reroute", "reroute_to": "r2"}
    apps = {"default": row, "apps": {}, "groups": {}}
    built = Build(revision="other", modules=shipped.modules, data={**shipped.data, "apps": apps})
    facts = known(
        built,
        deployment(),
        harvest={"deepseek-r1": "below", "r2": "unknown"},
        rerouted=(deployment(name="r2-a"),),
    )
    assert [one.harvest for one in facts.candidates] == ["below", "unknown"]
    assert known(built).candidates[0].harvest == "off"


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (timedelta(0), (0.2, 0)),
        (timedelta(days=90, hours=23), (0.2, 90)),
        (timedelta(seconds=-1), (None, None)),
    ],
    ids=["now", "old", "to-come"],
)
def test_a_measurement_has_an_age_and_one_to_come_is_none(
    shipped: Build, before: timedelta, expected: tuple[float | None, int | None]
) -> None:
    bias = {"r1-a": Bias(score=0.2, measured=NOON - before), "nobody": Bias(score=1, measured=NOON)}
    facts = with_bias(known(shipped, deployment(), CLOUD), bias, NOON)
    assert [(c.deployment, c.bias, c.bias_days) for c in facts.candidates] == [
        ("r1-a", *expected),
        ("cloud", None, None),
    ]


def test_what_was_measured_stays_when_facts_are_resolved_again(shipped: Build) -> None:
    bias = {"r1-a": Bias(score=0.2, measured=NOON - timedelta(days=3))}
    document = orjson.loads(canonical(with_bias(known(shipped, deployment()), bias, NOON)))
    again = read(resolved_again(document, shipped, NOON + timedelta(days=30)))
    assert (again.candidates[0].bias, again.candidates[0].bias_days) == (0.2, 3)


@pytest.mark.parametrize(
    ("headers", "in_body", "purpose"),
    [
        ([], None, None),
        ([], "evaluation", "evaluation"),
        ([(b"x-sekisho-purpose", b" evaluation ")], None, "evaluation"),
        ([(b"x-sekisho-purpose", b"evaluation")] * 2, "evaluation", "evaluation"),
        ([(b"x-sekisho-purpose", b"")], None, ""),
        ([(b"x-purpose", b"evaluation")], None, None),
    ],
)
def test_what_is_declared(
    headers: list[tuple[bytes, bytes]], in_body: str | None, purpose: str | None
) -> None:
    assert declared_purpose(headers, in_body) == purpose


@pytest.mark.parametrize(
    ("headers", "in_body"),
    [
        ([(b"x-sekisho-purpose", b"evaluation")], "distillation"),
        ([(b"x-sekisho-purpose", b"a"), (b"x-sekisho-purpose", b"b")], None),
    ],
)
def test_T44_two_purposes_are_refused(
    headers: list[tuple[bytes, bytes]], in_body: str | None
) -> None:
    with pytest.raises(InvalidRequest, match="two purposes"):
        declared_purpose(headers, in_body)
