"""The trial, the slow start, the back-off and the probes, by a clock of the test's own."""

from dataclasses import dataclass

import pytest

from gateway.routing.health import Health, State
from gateway.settings.deployments import Probe, Routing

ROUTING = Routing(
    failures=3, pause_seconds=5, longest_pause_seconds=30, slow_start_seconds=10
)  # fmt: skip


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def health(clock: Clock, *, probe: Probe | None = None, drain: bool = False) -> Health:
    return Health(ROUTING, probe, drain=drain, clock=clock)


def opened(clock: Clock) -> Health:
    """A deployment whose breaker was opened for five seconds."""
    sick = health(clock)
    for _ in range(3):
        sick.failed()
    return sick


def trial(sick: Health, clock: Clock, now: float) -> None:
    clock.now = now
    assert sick.state() is State.TRIAL
    sick.sent()


def test_failures_in_succession_open_the_breaker_and_others_do_not(clock: Clock) -> None:
    sick = health(clock)
    sick.failed()
    sick.failed()
    sick.succeeded()
    sick.failed()
    sick.failed()
    assert sick.available()
    sick.failed()
    assert sick.state() is State.OUT
    clock.now = 1.0
    assert sick.wait() == 4.0


def test_after_the_pause_one_request_at_a_time_may_try(clock: Clock) -> None:
    sick = opened(clock)
    clock.now = 4.9
    assert not sick.available()
    trial(sick, clock, 5.0)
    assert not sick.available()
    assert sick.wait() == 0.0
    clock.now = 6.0
    sick.answered()
    assert sick.state() is State.UP


def test_a_failed_trial_doubles_the_pause_up_to_its_bound(clock: Clock) -> None:
    sick, pauses = opened(clock), []
    for _ in range(5):
        pauses.append(sick.wait())
        trial(sick, clock, clock.now + sick.wait())
        sick.failed()
    assert pauses == [5.0, 10.0, 20.0, 30.0, 30.0]


def test_a_reply_that_only_began_does_not_make_up_for_the_failures(clock: Clock) -> None:
    sick = opened(clock)
    trial(sick, clock, 5.0)
    sick.answered()
    sick.failed()
    assert sick.state() is State.OUT
    assert sick.wait() == 10.0


def test_whole_replies_make_up_for_the_failures(clock: Clock) -> None:
    sick = opened(clock)
    trial(sick, clock, 5.0)
    sick.answered()
    sick.succeeded()
    sick.failed()
    assert sick.state() is State.UP


def test_a_trial_that_says_nothing_leaves_room_for_another(clock: Clock) -> None:
    sick = opened(clock)
    trial(sick, clock, 5.0)
    sick.inconclusive()
    assert sick.state() is State.TRIAL


def test_late_failures_of_older_calls_do_not_lengthen_the_pause(clock: Clock) -> None:
    sick = opened(clock)
    clock.now = 2.0
    sick.failed()
    sick.failed()
    assert sick.wait() == 3.0


def test_a_late_success_of_an_older_call_does_not_close_the_breaker(clock: Clock) -> None:
    sick = opened(clock)
    clock.now = 1.0
    sick.answered()
    sick.succeeded()
    assert sick.state() is State.OUT


def test_what_has_recovered_regains_its_share_slowly(clock: Clock) -> None:
    sick = opened(clock)
    assert sick.share() == 1.0
    trial(sick, clock, 5.0)
    sick.answered()
    shares = []
    for clock.now in (5.0, 10.0, 15.0):
        shares.append(sick.share())
    assert shares == [0.1, 0.5, 1.0]


@pytest.mark.parametrize(("seconds", "obeyed"), [(2.0, 2.0), (3600.0, 30.0)])
def test_retry_after_is_obeyed_within_bounds_and_is_no_failure(
    clock: Clock, seconds: float, obeyed: float
) -> None:
    busy = health(clock)
    busy.back_off(seconds)
    clock.now = obeyed - 0.1
    assert busy.state() is State.OUT
    clock.now = obeyed
    assert busy.state() is State.UP
    assert busy.share() == 1.0


def test_a_shorter_retry_after_does_not_end_a_pause(clock: Clock) -> None:
    sick = opened(clock)
    sick.back_off(1.0)
    assert sick.wait() == 5.0


def test_an_opening_does_not_end_a_longer_retry_after(clock: Clock) -> None:
    busy = health(clock)
    busy.back_off(20.0)
    for _ in range(3):
        busy.failed()
    assert busy.wait() == 20.0


def test_a_trial_that_is_rate_limited_leaves_another_for_later(clock: Clock) -> None:
    sick = opened(clock)
    trial(sick, clock, 5.0)
    sick.back_off(2.0)
    assert sick.state() is State.OUT
    clock.now = 7.0
    assert sick.state() is State.TRIAL


def test_failed_probes_take_it_out_and_one_good_probe_brings_it_back(clock: Clock) -> None:
    probed = health(clock, probe=Probe(failures=2))
    probed.probed(ok=False)
    assert probed.available()
    clock.now = 1.0
    probed.probed(ok=False)
    assert probed.state() is State.OUT
    clock.now = 2.0
    probed.probed(ok=True)
    assert probed.state() is State.UP
    assert probed.share() < 1.0


def test_no_trial_while_probes_fail(clock: Clock) -> None:
    sick = health(clock, probe=Probe(failures=1))
    for _ in range(3):
        sick.failed()
    clock.now = 1.0
    sick.probed(ok=False)
    clock.now = 5.0
    assert sick.state() is State.OUT
    clock.now = 6.0
    sick.probed(ok=True)
    assert sick.state() is State.TRIAL


def test_a_deployment_that_drains_gets_nothing(clock: Clock) -> None:
    assert health(clock, drain=True).state() is State.DRAINING
    assert not health(clock, drain=True).available()
