"""The circuit breaker, by a clock of the test's own."""

from dataclasses import dataclass

import pytest

from gateway.breaker import Breaker, BreakerState


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def opened(clock: Clock, *, longest_pause: float | None = None) -> Breaker:
    """A breaker that two failures opened, for one second."""
    breaker = Breaker(failures=2, pause=1.0, longest_pause=longest_pause, clock=clock)
    breaker.failed()
    breaker.failed()
    return breaker


def test_it_opens_after_consecutive_failures_and_tries_once_a_pause(clock: Clock) -> None:
    breaker = Breaker(failures=2, pause=1.0, trial_seconds=1.0, clock=clock)
    breaker.failed()
    states = [breaker.state]
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    states.append(breaker.state)
    assert not breaker.admit()
    clock.now = 1.0
    states.append(breaker.state)
    assert states == [BreakerState.CLOSED, BreakerState.OPEN, BreakerState.HALF_OPEN]
    assert [breaker.admit(), breaker.admit()] == [True, False]
    breaker.failed()
    clock.now = 1.9
    assert not breaker.admit()
    clock.now = 2.0
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.state is BreakerState.CLOSED
    assert [breaker.admit(), breaker.admit()] == [True, True]


def test_the_wait_is_what_is_left_of_the_pause(clock: Clock) -> None:
    breaker = opened(clock)
    assert breaker.wait() == 1.0
    clock.now = 0.75
    assert breaker.wait() == 0.25
    clock.now = 2.0
    assert breaker.wait() == 0.0
    breaker.succeeded()
    clock.now = 0.0
    assert breaker.wait() == 0.0


@pytest.mark.parametrize(
    ("longest_pause", "pauses"), [(None, [1.0, 1.0, 1.0, 1.0]), (3.0, [1.0, 2.0, 3.0, 3.0])]
)
def test_the_pause_doubles_with_each_failed_trial_up_to_its_bound(
    clock: Clock, longest_pause: float | None, pauses: list[float]
) -> None:
    breaker = opened(clock, longest_pause=longest_pause)
    measured = []
    for _ in pauses:
        measured.append(breaker.wait())
        clock.now += breaker.wait()
        assert breaker.admit()
        breaker.failed()
    assert measured == pauses


def test_the_pause_stays_bounded_after_very_many_openings(clock: Clock) -> None:
    breaker = opened(clock, longest_pause=60.0)
    for _ in range(2000):
        clock.now += breaker.wait()
        assert breaker.admit()
        breaker.failed()
    assert breaker.wait() == 60.0


def test_a_success_forgets_the_doubling_and_a_close_does_not(clock: Clock) -> None:
    breaker = opened(clock, longest_pause=60.0)
    clock.now = 1.0
    assert breaker.admit()
    breaker.close()
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.wait() == 2.0
    clock.now = 3.0
    assert breaker.admit()
    breaker.succeeded()
    breaker.failed()
    assert breaker.state is BreakerState.CLOSED
    breaker.failed()
    assert breaker.wait() == 1.0


def test_late_failures_of_older_calls_do_not_lengthen_the_pause(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now = 0.5
    breaker.failed()
    assert breaker.wait() == 0.5


def test_a_trial_without_an_outcome_blocks_others_until_it_is_reported(clock: Clock) -> None:
    breaker = opened(clock)
    clock.now = 1.0
    assert breaker.ready
    assert breaker.admit()
    assert breaker.on_trial
    clock.now = 1e9
    assert not breaker.ready
    breaker.inconclusive()
    assert not breaker.on_trial
    assert breaker.admit()


def test_a_trial_whose_outcome_is_never_reported_expires_where_it_is_bounded(clock: Clock) -> None:
    breaker = Breaker(failures=1, pause=1.0, trial_seconds=5.0, clock=clock)
    breaker.failed()
    clock.now = 1.0
    assert breaker.admit()
    clock.now = 5.9
    assert not breaker.admit()
    clock.now = 6.0
    assert breaker.admit()
    clock.now = 6.1
    assert not breaker.admit()
