"""The whole name of a tool is judged, however it arrives, and a client gets it once."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import UpstreamFailed
from gateway.reply.filters import fed, flushed
from gateway.reply.tool_names import ToolNameFilter
from gateway.types import Event, Finish, TextDelta, ToolDelta
from tests.parts.replies import flat, reply
from tests.redact.samples import vault

FETCH = frozenset({"fetch"})
END = Finish(choice=0, reason="tool_calls")


def named(name: str, part: int = 0, text: str = "") -> ToolDelta:
    return ToolDelta(choice=0, part=part, call_id=f"c{part}", name=name, text=text)


def continued(name: str | None = None, part: int = 0, text: str = "") -> ToolDelta:
    return ToolDelta(choice=0, part=part, name=name, text=text)


def passed(events: list[Event], tools: frozenset[str] = FETCH) -> list[Event]:
    row = [ToolNameFilter(tools)]
    return [*(out for event in events for out in fed(row, event)), *flushed(row)]


@given(st.text("fetch_evil", min_size=1), st.lists(st.integers(0, 12), max_size=4))
def test_B28_a_name_is_sent_whole_however_it_is_split(name: str, cuts: list[int]) -> None:
    edges = [0, *sorted(min(cut, len(name)) for cut in cuts), len(name)]
    pieces = [name[a:b] for a, b in pairwise(edges)]
    # A piece that is all that came so far is the one name that can't be told from a repetition.
    if any(name[:a] == name[a:b] != "" for a, b in pairwise(edges)):
        return
    events: list[Event] = [named(pieces[0]), *map(continued, pieces[1:]), continued(text="{}"), END]
    assert passed(events) == [named(name), continued(text="{}"), END]


@pytest.mark.parametrize(
    ("pieces", "name"),
    [
        (("fetch", "fetch"), "fetch"),
        (("fetch", "fetch", "fetch"), "fetch"),
        (("fe", "tch", "fetch"), "fetch"),
        (("fetch", ""), "fetch"),
        (("", "fetch"), "fetch"),
        (("bye", "bye"), "byebye"),
    ],
)
def test_B28_a_name_that_is_repeated_is_one_name(pieces: tuple[str, ...], name: str) -> None:
    events: list[Event] = [named(pieces[0]), *map(continued, pieces[1:]), END]
    assert passed(events, frozenset({"fetch", "byebye"})) == [named(name), END]


@pytest.mark.parametrize("later", ["fetch", "", None])
def test_B28_a_name_that_comes_again_with_arguments_is_a_repetition(later: str | None) -> None:
    events: list[Event] = [named("fetch", text="{"), continued(later, text="}")]
    assert passed(events) == [named("fetch"), continued(text="{"), continued(text="}")]


@pytest.mark.parametrize("between", [continued(text="{}"), TextDelta(choice=0, text="so"), END])
def test_B28_a_name_that_was_sent_can_not_be_continued(between: Event) -> None:
    with pytest.raises(UpstreamFailed, match="continued"):
        passed([named("fetch"), between, continued("_evil")])


def test_names_of_several_calls_may_be_interleaved_and_begin_in_order() -> None:
    events = [named("fe"), named("se", 1), continued("tch"), continued("nd", 1)]
    arguments = [continued(part=1, text="{}"), continued(text="{}")]
    expected = [named("fetch"), named("send", 1), *arguments, END]
    assert passed([*events, *arguments, END]) == expected


def test_what_is_no_tool_call_passes_at_once_and_after_what_came_before_it() -> None:
    text = TextDelta(choice=1, text="hello")
    row = [ToolNameFilter(FETCH)]
    assert fed(row, named("fetch")) == ()
    assert fed(row, text) == (text,)
    mine = replace(text, choice=0)
    assert list(fed(row, mine)) == [named("fetch"), mine]
    assert list(flushed(row)) == []


@pytest.mark.parametrize(
    "names", [("fetch", "_evil"), ("fetch", "", "_ev", "il"), ("fe", "tch_evil"), ("fe", "tch")]
)
async def test_B28_the_whole_name_decides_whether_arguments_are_restored(
    names: tuple[str, ...],
) -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    arguments = continued(text=f'{{"q": "{minted}"}}')
    events: list[Event] = [named(names[0]), *map(continued, names[1:]), arguments, END]
    async with reply(events, request, tools=FETCH) as read:
        shown = [event async for event in flat(read) if isinstance(event, ToolDelta)]
    name = "".join(names)
    restored = replace(arguments, text='{"q": "Tanaka"}')
    assert shown == [named(name), restored if name == "fetch" else arguments]


@pytest.mark.parametrize("piece", ["x" * 10, "x" * 2000])
def test_B16_a_name_that_never_ends_is_refused(piece: str) -> None:
    names = ToolNameFilter(FETCH)
    events = (continued(f"{number}{piece}") for number in range(1000))
    with pytest.raises(UpstreamFailed, match="too long"):
        list(map(names.feed, events))
