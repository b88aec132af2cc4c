"""Settings of quotas: what contradicts itself is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings.quotas import Harvest, Quota, quota_faults


def quota(**changes: Any) -> Quota:
    return Quota(**{"name": "q", "count": "tokens", "limit": 10, "window_seconds": 60, **changes})


@pytest.mark.parametrize(
    "changes",
    [
        {"window_seconds": None},
        {"calendar": "day"},
        {"limit": 0.5},
        {"limit": 0},
        {"limit": float("inf")},
        {"limit": float("nan")},
        {"window_seconds": None, "calendar": "day", "zone": "Mars/Olympus"},
        {"window_seconds": None, "calendar": "day", "zone": "../../etc/passwd"},
        {"per": ["tenant"]},
    ],
)
def test_a_quota_that_means_nothing_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        quota(**changes)


def test_money_may_have_a_fraction() -> None:
    assert quota(count="money", limit=0.5).limit == 0.5


@pytest.mark.parametrize("limit", [4.9e-7, 9.9e-7, 1e-300])
def test_B38_a_limit_of_money_that_is_counted_as_nothing_is_refused(limit: float) -> None:
    with pytest.raises(ValidationError, match=r"at least 0\.000001"):
        quota(count="money", limit=limit)
    assert quota(count="money", limit=1e-6).limit == 1e-6


def test_quotas_are_held_against_the_rest_of_the_configuration() -> None:
    quotas = [quota(), quota(only={"model": "other"}), quota(name="m", count="money")]
    faults = quota_faults(quotas, ["deepseek-r1"], ["r1-a"])
    assert [fault.partition(":")[0] for fault in faults] == [
        "quotas",
        "quotas.q.only.model",
        "deployments.r1-a.price",
    ]
    assert quota_faults([quota()], [], ["r1-a"]) == []


def test_requests_under_way_are_counted_in_a_window_only() -> None:
    assert quota(count="concurrent").limit == 10
    with pytest.raises(ValidationError, match="window_seconds"):
        quota(count="concurrent", window_seconds=None, calendar="day")


@pytest.mark.parametrize("changes", [{"prompts": 0}, {"prompts": 10**7}, {"window_seconds": 0}])
def test_a_harvest_limit_has_bounds(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Harvest(**{"prompts": 5, **changes})
