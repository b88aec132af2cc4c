"""The generated day: the same for the same seed, in the order of time, with what a day holds."""

from itertools import pairwise
from pathlib import Path

import pytest

from bench.traffic import APPS, DAY, Request, day
from gateway.policy.compile.bundle import load

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def requests() -> list[Request]:
    return list(day(load(ROOT / "policies"), 2_000))


def test_a_day_is_the_same_for_the_same_seed(requests: list[Request]) -> None:
    build = load(ROOT / "policies")
    assert list(day(build, 50)) == list(day(build, 50))
    assert list(day(build, 50)) != list(day(build, 50, seed=2))
    assert len({request.request_id for request in requests}) == len(requests)


def test_its_hours_pass_in_order_and_within_the_day(requests: list[Request]) -> None:
    hours = [request.time.hour for request in requests]
    assert all(before <= after for before, after in pairwise(hours))
    assert {request.time.date() for request in requests} == {DAY.date()}


def test_programs_repeat_themselves_and_what_people_type_differs(requests: list[Request]) -> None:
    assert {request.facts.app for request in requests} == {app.name for app in APPS}
    batch = {request.facts.purpose for request in requests if request.facts.app == "batch"}
    assert batch == {"distillation"}
    assert len({str(request.facts.findings) for request in requests}) > 20
