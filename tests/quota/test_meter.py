"""A reply that is surely longer than its bound is ended as by a server that keeps to it; no other is touched."""

from collections.abc import AsyncGenerator, Sequence

import pytest

from gateway.quota.meter import metered
from gateway.types import Event, Finish, ReasoningDelta, Start, TextDelta, UsageEvent

START = Start(id="r", model="m", created=0)


class Replying:
    """A reply in batches, which knows whether it was closed."""

    def __init__(self, *batches: Sequence[Event]) -> None:
        self.closed = False
        self.events = self._events(batches)

    async def _events(
        self, batches: Sequence[Sequence[Event]]
    ) -> AsyncGenerator[Sequence[Event], None]:
        try:
            for batch in batches:
                yield batch
        finally:
            self.closed = True


def said(text: str, choice: int = 0) -> TextDelta:
    return TextDelta(choice=choice, text=text)


async def given(replying: Replying, tokens: int) -> list[Event]:
    return [event async for batch in metered(replying.events, tokens) for event in batch]


async def test_a_reply_within_its_bound_is_untouched() -> None:
    whole: list[Event] = [
        START,
        *(said("abcdefgh") for _ in range(10)),
        Finish(choice=0, reason="stop"),
    ]
    replying = Replying(whole[:4], whole[4:])
    assert await given(replying, 10) == whole


async def test_what_goes_on_past_the_bound_is_cut_off_and_the_call_cancelled() -> None:
    replying = Replying([START], *([said("abcdefghi")] for _ in range(1000)))
    events = await given(replying, 10)
    assert events == [START, *[said("abcdefghi")] * 10, Finish(choice=0, reason="length")]
    assert replying.closed


async def test_reasoning_counts_and_only_choices_that_still_speak_are_ended() -> None:
    thought = ReasoningDelta(choice=2, text="x" * 100)
    ended: list[Event] = [said("y" * 50, 1), Finish(choice=1, reason="stop")]
    events = await given(Replying([START, *ended, thought, said("z" * 50), said("z" * 50)]), 3)
    assert events == [
        START, *ended, thought, said("z" * 50),
        Finish(choice=0, reason="length"), Finish(choice=2, reason="length"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "batch",
    [
        # A server that sends single characters sends more pieces than tokens, and one that sends all at once few pieces.
        [said("x") for _ in range(70)],
        [said("x" * 10_000)],
        [UsageEvent(input_tokens=1, output_tokens=99)] * 40,
    ],
)
async def test_what_may_be_within_the_bound_passes(batch: list[Event]) -> None:
    assert await given(Replying(batch), 10) == batch


async def test_half_a_surrogate_pair_is_counted() -> None:
    assert await given(Replying([said("\ud83d")]), 1) == [said("\ud83d")]
