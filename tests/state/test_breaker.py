"""The breaker around the store."""

from gateway.state.breaker import Breaker


def test_it_opens_after_consecutive_failures_and_tries_once_a_pause() -> None:
    now = [0.0]
    breaker = Breaker(failures=2, pause=1.0, clock=lambda: now[0])
    breaker.failed()
    assert breaker.closed
    breaker.succeeded()
    breaker.failed()
    breaker.failed()
    assert not breaker.closed
    assert not breaker.admit()
    now[0] = 1.0
    assert [breaker.admit(), breaker.admit()] == [True, False]
    breaker.failed()
    now[0] = 1.9
    assert not breaker.admit()
    now[0] = 2.0
    assert breaker.admit()
    breaker.succeeded()
    assert breaker.closed
    assert breaker.admit()
