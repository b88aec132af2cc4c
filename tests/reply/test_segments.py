"""Each text is cut into pieces of its own channel, between the events without text."""

from collections.abc import Iterable

import pytest

from gateway.reply.channels import ReplyChannels
from gateway.reply.segments import Piece, SegmentFilter
from gateway.types import Event, Finish, Start, TextDelta, ToolDelta, UnknownField
from tests.parts.samples import call, verdict
from tests.redact.samples import vault

START = Start(id="c", model="m", created=0)
TOOLS = frozenset({"send"})


def segments(*, ordered: bool = False) -> SegmentFilter:
    request = call(tools=TOOLS, stream=True)
    return SegmentFilter(TOOLS, ReplyChannels(request, vault(), verdict()), ordered=ordered)


def texts(pieces: Iterable[Event | Piece]) -> list[object]:
    """The text and the scan of each piece; ``None`` where a channel ends."""
    return [
        (piece.unit and (piece.unit.text, piece.unit.scan)) if isinstance(piece, Piece) else piece
        for piece in pieces
    ]


def fed(made: SegmentFilter, *events: Event) -> list[object]:
    return texts(piece for event in events for piece in made.feed(event))


def test_what_may_be_part_of_a_value_is_held_to_the_end_of_its_choice() -> None:
    made, end = segments(), Finish(choice=0, reason="stop")
    other = TextDelta(choice=1, text="mine")
    assert fed(made, START, TextDelta(choice=0, text="call 03-"), other) == [
        START,
        ("call ", False),
    ]
    assert fed(made, end) == [("03-", True), None, end]
    assert texts(made.flush()) == [("mine", False), None]
    assert made.output_bytes == len("call 03-mine")


@pytest.mark.parametrize(("name", "scan"), [("send", False), ("Yamada", True), ("", False)])
def test_a_name_is_scanned_unless_the_caller_declared_it(name: str, scan: bool) -> None:
    header = ToolDelta(choice=0, part=0, call_id="c", name=name)
    (piece,) = segments().feed(header)
    assert isinstance(piece, Piece)
    assert (piece.header, piece.channel) == (header, None)
    assert texts([piece]) == [(name, scan)]


def test_a_number_ends_at_once() -> None:
    number = UnknownField(choice=0, path=("x",), text="12", number=True)
    assert fed(segments(), number) == [("12", True), None]


def test_where_there_are_blocks_one_ends_before_the_next() -> None:
    events: list[Event] = [
        TextDelta(choice=0, text="call 03-"),
        ToolDelta(choice=0, part=0, text="so "),
    ]
    made = segments(ordered=True)
    assert fed(made, events[0]) == [("call ", False)]
    assert fed(made, events[1]) == [("03-", True), None, ("so ", False)]
