"""The embeddings API."""

import base64
import struct
from typing import Any

import orjson
import pytest

from gateway.dialects.openai.embeddings import OpenAIEmbeddings
from gateway.errors import InvalidRequest, UnsupportedField
from gateway.types import Call, Embedding, Event, Start, UsageEvent

START = Start(id="c1", model="up", created=7)
USAGE = UsageEvent(input_tokens=4, output_tokens=0)


def parse(**fields: Any) -> Call:
    document = {"model": "e5", "input": "Hello", **fields}
    return OpenAIEmbeddings().parse(orjson.dumps(document), "embeddings")


@pytest.mark.parametrize("tokens", [[1, 2], [[1, 2], [3]], ["a", [1]]])
def test_T58_token_ids_are_refused_and_the_option_is_named(tokens: Any) -> None:
    with pytest.raises(UnsupportedField, match="check_embedding_ctx_length=False"):
        parse(input=tokens)


def test_inputs_are_scanned_and_masked() -> None:
    call = parse(input=["Tanaka", "x"])
    masked = OpenAIEmbeddings().rebuild(call, {0: "[P_1]"}, {"P": 1})
    assert masked.neutral == {"input": ["[P_1]", "x"], "encoding_format": "float"}
    assert masked.form == "embeddings"


def test_vectors_come_back_in_the_order_of_the_inputs() -> None:
    events: list[Event] = [
        START,
        Embedding(choice=1, vector=(2.0,)),
        Embedding(choice=0, vector=(1.5, -1.0)),
        USAGE,
    ]
    reply = orjson.loads(OpenAIEmbeddings().assemble(parse(input=["a", "b"]), events))
    assert [row["embedding"] for row in reply["data"]] == [[1.5, -1.0], [2.0]]
    assert reply["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert reply["model"] == "e5"


def test_base64_is_written_as_sdks_read_it() -> None:
    call = parse(encoding_format="base64")
    events: list[Event] = [START, Embedding(choice=0, vector=(1.5, -1.0))]
    (row,) = orjson.loads(OpenAIEmbeddings().assemble(call, events))["data"]
    assert struct.unpack("<2f", base64.b64decode(row["embedding"])) == (1.5, -1.0)


def test_a_stream_can_not_be_requested() -> None:
    with pytest.raises((UnsupportedField, InvalidRequest)):
        parse(stream=True)
