"""The breaker, the trial, the slow start and the probes, by a clock of the test's own."""

import pytest

from gateway.routing.health import Health, State
from gateway.settings.deployments import Probe, Routing

ROUTING = Routing(
    failures=3, pause_seconds=5, longest_pause_seconds=30, slow_start_seconds=10
)  # fmt: skip


def health(*, probe: Probe | None = None, drain: bool = False) -> Health:
    return Health(ROUTING, probe, drain=drain)


def opened() -> Health:
    sick = health()
    for _ in range(3):
        sick.failed(0.0)
    return sick


def trial(sick: Health, now: float) -> None:
    assert sick.state(now) is State.TRIAL
    sick.sent(now)


def test_failures_in_succession_open_the_breaker_and_others_do_not() -> None:
    sick = health()
    sick.failed(0.0)
    sick.failed(0.0)
    sick.succeeded()
    sick.failed(0.0)
    sick.failed(0.0)
    assert sick.available(0.0)
    sick.failed(0.0)
    assert sick.state(0.0) is State.OUT
    assert sick.wait(1.0) == 4.0


def test_after_the_pause_one_request_at_a_time_may_try() -> None:
    sick = opened()
    assert not sick.available(4.9)
    trial(sick, 5.0)
    assert not sick.available(5.0)
    sick.answered(6.0)
    assert sick.state(6.0) is State.UP


def test_a_failed_trial_doubles_the_pause_up_to_its_bound() -> None:
    sick, now, pauses = opened(), 0.0, []
    for _ in range(5):
        pauses.append(sick.wait(now))
        now += sick.wait(now)
        trial(sick, now)
        sick.failed(now)
    assert pauses == [5.0, 10.0, 20.0, 30.0, 30.0]


def test_a_reply_that_only_began_does_not_make_up_for_the_failures() -> None:
    sick = opened()
    trial(sick, 5.0)
    sick.answered(5.0)
    sick.failed(5.0)
    assert sick.state(5.0) is State.OUT
    assert sick.wait(5.0) == 10.0


def test_whole_replies_make_up_for_the_failures() -> None:
    sick = opened()
    trial(sick, 5.0)
    sick.answered(5.0)
    sick.succeeded()
    sick.failed(6.0)
    assert sick.state(6.0) is State.UP


def test_a_trial_that_says_nothing_leaves_room_for_another() -> None:
    sick = opened()
    trial(sick, 5.0)
    sick.inconclusive()
    assert sick.state(5.0) is State.TRIAL


def test_late_failures_of_older_calls_do_not_lengthen_the_pause() -> None:
    sick = opened()
    sick.failed(1.0)
    sick.failed(2.0)
    assert sick.wait(2.0) == 3.0


def test_a_late_success_of_an_older_call_does_not_close_the_breaker() -> None:
    sick = opened()
    sick.answered(1.0)
    sick.succeeded()
    assert sick.state(1.0) is State.OUT


def test_what_is_back_regains_its_share_slowly() -> None:
    sick = opened()
    assert sick.share(0.0) == 1.0
    trial(sick, 5.0)
    sick.answered(5.0)
    assert [sick.share(now) for now in (5.0, 10.0, 15.0)] == [0.1, 0.5, 1.0]


@pytest.mark.parametrize(("asked", "obeyed"), [(2.0, 2.0), (3600.0, 30.0)])
def test_retry_after_is_obeyed_within_bounds_and_is_no_fault(asked: float, obeyed: float) -> None:
    busy = health()
    busy.back_off(asked, 0.0)
    assert busy.state(obeyed - 0.1) is State.OUT
    assert busy.state(obeyed) is State.UP
    assert busy.share(obeyed) == 1.0


def test_a_shorter_retry_after_does_not_end_a_pause() -> None:
    sick = opened()
    sick.back_off(1.0, 0.0)
    assert sick.wait(0.0) == 5.0


def test_failed_probes_take_it_out_and_one_good_probe_brings_it_back() -> None:
    probed = health(probe=Probe(failures=2))
    probed.probed(ok=False, now=0.0)
    assert probed.available(0.0)
    probed.probed(ok=False, now=1.0)
    assert probed.state(1.0) is State.OUT
    probed.probed(ok=True, now=2.0)
    assert probed.state(2.0) is State.UP
    assert probed.share(2.0) < 1.0


def test_no_trial_while_probes_fail() -> None:
    sick = Health(ROUTING, Probe(failures=1), drain=False)
    for _ in range(3):
        sick.failed(0.0)
    sick.probed(ok=False, now=1.0)
    assert sick.state(5.0) is State.OUT
    sick.probed(ok=True, now=6.0)
    assert sick.state(6.0) is State.TRIAL


def test_a_deployment_that_drains_gets_nothing() -> None:
    assert health(drain=True).state(0.0) is State.DRAINING
    assert not health(drain=True).available(0.0)
