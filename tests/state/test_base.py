"""The types of the contract."""

from gateway.state.base import Grant, State
from gateway.state.memory import MemoryState


def test_a_grant_refuses_by_the_booking_that_does_not_fit() -> None:
    assert Grant(used=(1,), refused=None).granted
    assert not Grant(used=(1,), refused=0).granted


def test_memory_is_an_implementation() -> None:
    state: State = MemoryState()
    assert not state.shared
