"""What counts as a different prompt, and how a model stands."""

from typing import Any

import pytest

from gateway.quota.harvest import HarvestGuard
from gateway.settings.quotas import Harvest
from gateway.state.base import DistinctEntry
from gateway.types import Segment
from tests.parts.samples import call, principal

GUARD = HarvestGuard(
    {"r1": Harvest(prompts=3, window_seconds=60), "r2": Harvest(prompts=5)},
    lambda tenant: tenant.encode(),
)


def seen(
    text: str = "hi", credential: str = "k1", tenant: str = "acme", **more: Any
) -> DistinctEntry:
    distinct_entry = GUARD.distinct_entry(
        principal(credential, tenant=tenant), call(text, **more), "r1"
    )
    assert distinct_entry is not None
    return distinct_entry


def test_the_limit_is_the_models_and_the_name_the_keys() -> None:
    assert (seen().limit, seen().seconds) == (3, 60)
    assert seen().name != seen(credential="k2").name
    assert GUARD.distinct_entry(principal(), call(), "other") is None


def test_the_same_texts_are_the_same_prompt_however_they_are_sampled() -> None:
    again = seen(document={"temperature": 1, "seed": 7}, stream=True)
    assert seen().member == again.member
    assert seen().member != seen("hi ").member


def test_where_a_text_ends_tells_prompts_apart() -> None:
    def parts(*texts: str) -> bytes:
        segments = tuple(Segment(path=(), origin="user", text=text) for text in texts)
        return seen(segments=segments).member

    assert parts("ab", "c") != parts("a", "bc")


def test_pictures_tell_prompts_apart() -> None:
    members = {
        seen(modalities=frozenset({"text", "image"}), document={"image": data}).member
        for data in ("a", "b", "b")
    }
    assert len(members) == 2


def test_a_digest_is_keyed_and_holds_no_text() -> None:
    assert seen("hunter2").member != seen("hunter2", tenant="globex").member
    assert b"hunter2" not in seen("hunter2").member
    assert len(seen("x" * 10_000).member) == 16


@pytest.mark.parametrize(("over", "told"), [(None, "unknown"), (False, "below"), (True, "over")])
def test_what_was_not_counted_is_unknown(over: bool | None, told: str) -> None:
    assert GUARD.statuses("r1", over) == {"r1": told, "r2": "unknown"}
