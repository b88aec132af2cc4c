"""The measure itself: it finds what is not linear, and passes what is."""

from collections.abc import Callable

from tests.growth.measure import MOST, Growth, Work, growth
from tests.parts.steps import steps


def text(n: int) -> str:
    return "a" * n


def linear(given: str) -> Work:
    return lambda: [ord(c) for c in given]


def quadratic(given: str) -> Work:
    return lambda: [given.count(given[-50:] + "b", at) for at in range(0, len(given), 50)]


def test_steps_are_counted_the_same_each_time() -> None:
    def prepare(given: str) -> Callable[[], object]:
        return lambda: [_one(c) for c in given]

    assert steps(prepare("abcd")) == steps(prepare("abcd"))
    assert steps(prepare(text(400))) - steps(prepare(text(200))) == 2 * (
        steps(prepare(text(200))) - steps(prepare(text(100)))
    )


def _one(character: str) -> int:
    return ord(character)


def test_an_exponent_is_that_of_the_largest_size() -> None:
    assert Growth(sizes=(1, 2, 4), seconds=(1.0, 2.0, 4.0)).exponent == 1.0
    assert Growth(sizes=(1, 2, 4), seconds=(1.0, 4.0, 16.0)).exponent == 2.0
    assert Growth(sizes=(1, 2, 4), seconds=(0.0, 0.001, 0.015)).exponent == 0.0
    # One measurement that was disturbed is no growth.
    assert Growth(sizes=(1, 2, 4), seconds=(1.0, 1.5, 4.0)).exponent == 1.0


def test_a_quadratic_step_is_found_and_a_linear_one_is_not() -> None:
    assert growth(quadratic, text, 64_000).exponent > 1.5
    assert growth(linear, text, 64_000).exponent <= MOST
