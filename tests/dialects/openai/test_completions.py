"""The completions API."""

from typing import Any

import orjson
import pytest

from gateway.dialects.openai.completions import OpenAICompletions
from gateway.errors import InvalidRequest, UnsupportedField, UpstreamFailed
from gateway.types import Call, Event, Finish, Start, TextDelta, UsageEvent

START = Start(id="c1", model="up", created=7)
USAGE = UsageEvent(input_tokens=1, output_tokens=2)


def parse(**fields: Any) -> Call:
    document = {"model": "r1", "prompt": "Hello", **fields}
    return OpenAICompletions().parse(orjson.dumps(document), "completions")


def test_prompt_and_suffix_are_scanned_as_the_users() -> None:
    call = parse(prompt=["one", "two"], suffix="end", stop=["x"], max_tokens=5)
    assert [(s.text, s.origin) for s in call.segments] == [
        ("one", "user"),
        ("two", "user"),
        ("end", "user"),
        ("x", "other"),
    ]
    assert call.max_output_tokens == 5


@pytest.mark.parametrize("prompt", [[1, 2], [[1, 2]], [["a"]], ["a", 5]])
def test_T58_token_ids_are_refused_with_the_remedy(prompt: Any) -> None:
    with pytest.raises(UnsupportedField, match="send text"):
        parse(prompt=prompt)


@pytest.mark.parametrize(
    "fields", [{"logprobs": 3}, {"messages": []}, {"best_of": 0}, {"prompt": []}, {"prompt": None}]
)
def test_other_values_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises((UnsupportedField, InvalidRequest)):
        parse(**fields)


def test_the_neutral_form_is_the_masked_document() -> None:
    call = parse(suffix="Tanaka", stream=True, stream_options={"include_usage": True})
    index = [s.text for s in call.segments].index("Tanaka")
    masked = OpenAICompletions().rebuild(call, {index: "[P_1]"}, {"P": 1})
    assert masked.neutral == {"prompt": "Hello", "suffix": "[P_1]"}
    assert masked.form == "completions"


def test_choices_are_put_together_by_index() -> None:
    events: list[Event] = [
        START,
        TextDelta(choice=1, text="b"),
        TextDelta(choice=0, text="a"),
        TextDelta(choice=1, text="c"),
        Finish(choice=1, reason="length"),
        Finish(choice=0, reason="stop"),
        USAGE,
    ]
    reply = orjson.loads(OpenAICompletions().assemble(parse(), events))
    assert (reply["object"], reply["model"]) == ("text_completion", "r1")
    assert [(c["index"], c["text"], c["finish_reason"]) for c in reply["choices"]] == [
        (0, "a", "stop"),
        (1, "bc", "length"),
    ]
    assert reply["usage"]["total_tokens"] == 3


def test_an_incomplete_reply_is_refused() -> None:
    piece = TextDelta(choice=0, text="a")
    unfinished: list[list[Event]] = [[piece], [START, piece]]
    for events in unfinished:
        with pytest.raises(UpstreamFailed):
            OpenAICompletions().assemble(parse(), events)


def test_a_stream_ends_with_counts_when_requested() -> None:
    for expected in (True, False):
        call = parse(stream=True, stream_options={"include_usage": expected})
        framer = OpenAICompletions().framer(call)
        for event in (START, TextDelta(choice=0, text="a"), Finish(choice=0, reason="stop"), USAGE):
            framer.feed(event)
        assert (b'"usage"' in framer.done()) == expected
        assert framer.done().endswith(b"data: [DONE]\n\n")
