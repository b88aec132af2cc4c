import json

import pytest

from gateway.errors import UpstreamFailed, UpstreamRateLimited
from gateway.types import Event, TextDelta
from gateway.upstream.litellm.families import FAMILIES
from gateway.upstream.litellm.library import load
from gateway.upstream.litellm.reader import TranslatedReader
from gateway.upstream.litellm.translation import Translation
from tests.parts.vendors import ANTHROPIC, needs_litellm

pytestmark = needs_litellm


def reader() -> TranslatedReader:
    neutral = {"messages": [{"role": "user", "content": "x"}]}
    family = FAMILIES["anthropic"]
    return TranslatedReader(Translation(load(), family, "claude-sonnet-4-5", neutral, stream=True))


def test_events_before_an_error_within_the_stream_are_given() -> None:
    one, batch = reader(), list[Event]()
    before = b"".join(ANTHROPIC.streamed.chunks[:8])
    fault = {"type": "error", "error": {"type": "overloaded_error", "message": "PLANTED"}}
    with pytest.raises(UpstreamFailed) as caught:
        one.feed(before + b"data: " + json.dumps(fault).encode() + b"\n\n", batch)
    assert any(isinstance(event, TextDelta) for event in batch)
    assert "PLANTED" not in str(caught.value)


def test_an_error_body_with_a_code_keeps_its_meaning() -> None:
    with pytest.raises(UpstreamRateLimited):
        reader().whole(b'{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}')


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"type": "message"}'])
def test_what_is_no_reply_is_a_fault(body: bytes) -> None:
    with pytest.raises(UpstreamFailed):
        reader().whole(body)
