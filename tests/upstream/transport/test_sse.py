"""The parser of server-sent events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamFailed
from gateway.upstream.transport.sse import SseParser

STREAM = (
    '\ufeff: comment\r\nevent: x\r\ndata: {"a": "田"}\r\n\r\n'
    "data:one\ndata: two\n\nid: 7\n\ndata: cr\r\rdata: [DONE]\n\n"
).encode()
EVENTS = ['{"a": "田"}'.encode(), b"one\ntwo", b"cr", b"[DONE]"]


def test_every_split_offset_gives_the_same_events() -> None:
    for cut in range(len(STREAM) + 1):
        parser = SseParser()
        assert parser.feed(STREAM[:cut]) + parser.feed(STREAM[cut:]) == EVENTS


@given(st.lists(st.integers(0, len(STREAM)), max_size=20))
def test_any_split_gives_the_same_events(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(STREAM)]
    parser = SseParser()
    events = [e for a, b in pairwise(edges) for e in parser.feed(STREAM[a:b])]
    assert events == EVENTS


@given(
    st.lists(
        st.sampled_from(
            [b"data: a\n\n", b"data:b\n\n", b"data: c\ndata: d\n\n", b": k\n\n", b"x\n"]
        )
    )
)
def test_whole_events_at_a_time_are_those_of_single_bytes(lines: list[bytes]) -> None:
    at_once, slowly = SseParser(), SseParser()
    text = b"".join(lines)
    assert [e for line in (b"\n", text, *lines) for e in at_once.feed(line)] == [
        e for byte in b"\n" + text + text for e in slowly.feed(bytes([byte]))
    ]


def test_an_event_that_is_not_ended_is_not_an_event() -> None:
    assert SseParser().feed(b"data: half") == []


@pytest.mark.parametrize("line", [b"data: " + b"x" * 5000 + b"\n", b"x" * 5000])
def test_the_size_of_an_event_is_bounded(line: bytes) -> None:
    parser = SseParser()
    with pytest.raises(UpstreamFailed):
        list(map(parser.feed, [line] * 300))


@pytest.mark.parametrize(
    "event",
    [
        b"data: " + b"x" * (1 << 20) + b"\n\n",
        b"data: " + b"x" * (1 << 19) + b"\ndata: " + b"x" * (1 << 19) + b"\n\n",
        b"data:\n" * ((1 << 20) + 1) + b"\n",
    ],
    ids=["one line", "two lines", "empty lines"],
)
@pytest.mark.parametrize("before", [b"", b"data: first\n\n"])
def test_B36_the_size_is_bounded_when_the_event_comes_in_one_piece(
    event: bytes, before: bytes
) -> None:
    parser = SseParser()
    parser.feed(b"data: x\n\n")
    with pytest.raises(UpstreamFailed):
        parser.feed(before + event)
