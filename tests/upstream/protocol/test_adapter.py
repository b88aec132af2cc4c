"""Provider adapters, and the reader of OpenAI's format."""

import inspect

import pytest

from gateway.errors import UpstreamFailed
from gateway.types import Event
from gateway.upstream.litellm.adapter import LitellmAdapter
from gateway.upstream.litellm.reader import TranslatedReader
from gateway.upstream.protocol.adapter import ProviderAdapter, Reader, StreamReader
from gateway.upstream.protocol.events import EventReader
from gateway.upstream.protocol.openai import OpenAIAdapter
from tests.parts.scripted import chunk


@pytest.mark.parametrize(
    ("protocol", "implementation"),
    [
        (ProviderAdapter, OpenAIAdapter),
        (ProviderAdapter, LitellmAdapter),
        (Reader, StreamReader),
        (Reader, TranslatedReader),
    ],
)
def test_an_implementation_names_its_protocol_and_is_complete(
    protocol: type, implementation: type
) -> None:
    assert protocol in implementation.__mro__
    assert not inspect.isabstract(implementation)
    incomplete = type("Incomplete", (protocol,), {})
    with pytest.raises(TypeError, match="abstract"):
        incomplete()


def test_a_stream_ends_with_its_end_marker() -> None:
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
