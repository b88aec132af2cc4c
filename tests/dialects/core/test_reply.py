"""What replies of several vendors share."""

import orjson
import pytest

from gateway.dialects.core.reply import arguments, data_frame, error_frame, vectors
from gateway.errors import PolicyDenied, UpstreamFailed
from gateway.types import Embedding, Event, Start

START = Start(id="c1", model="up", created=1)


def embeddings(*indices: int) -> list[Event]:
    return [START, *(Embedding(choice=index, vector=(float(index),)) for index in indices)]


def test_vectors_are_in_the_order_of_the_inputs() -> None:
    assert vectors(["a", "b"], embeddings(1, 0)) == [(0.0,), (1.0,)]
    assert vectors("one text, one vector", embeddings(0)) == [(0.0,)]


@pytest.mark.parametrize("found", [(), (1,), (0, 1, 2)])
def test_a_missing_or_another_vector_is_refused(found: tuple[int, ...]) -> None:
    with pytest.raises(UpstreamFailed):
        vectors(["a", "b"], embeddings(*found))


def test_arguments_are_an_object() -> None:
    assert arguments('{"n": 1}') == {"n": 1}
    assert arguments("") == {}


@pytest.mark.parametrize("raw", ["[]", '{"a":', "1", '"x"'])
def test_arguments_that_are_no_object_are_refused(raw: str) -> None:
    with pytest.raises(UpstreamFailed):
        arguments(raw)


def test_a_frame_is_one_event() -> None:
    frame = data_frame({"text": "a\nb"})
    assert frame.startswith(b"data: ")
    assert frame.endswith(b"\n\n")
    assert orjson.loads(frame[len(b"data: ") :]) == {"text": "a\nb"}
    assert b"\n" not in frame[:-2]


def test_an_error_is_an_event_that_names_itself() -> None:
    frame = error_frame(PolicyDenied("Refused.", reasons=()), "req-1")
    assert frame.startswith(b"event: error\ndata: ")
    assert orjson.loads(frame.partition(b"data: ")[2])["error"]["request_id"] == "req-1"
