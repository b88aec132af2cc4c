import pytest

from gateway.errors import UpstreamFailed
from gateway.types import Event
from gateway.upstream.protocol.adapter import StreamReader
from gateway.upstream.protocol.events import EventReader
from tests.parts.scripted import chunk


def test_a_stream_is_over_when_it_says_so() -> None:
    reader, batch = StreamReader(EventReader()), list[Event]()
    assert not reader.feed(chunk({"content": "a"}), batch)
    assert reader.feed(chunk({}, finish="stop") + b"data: [DONE]\n\n", batch)
    assert reader.end() == []
    assert len(batch) == 3


def test_a_stream_without_its_end_was_cut_off() -> None:
    reader = StreamReader(EventReader())
    reader.feed(chunk({"content": "a"}), [])
    with pytest.raises(UpstreamFailed, match="cut off"):
        reader.end()
