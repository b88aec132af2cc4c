"""Ollama's dialect."""

from typing import Any

import orjson
import pytest

from gateway.dialects.ollama.dialect import Ollama
from gateway.errors import ClientError, PolicyDenied
from gateway.types import Call, Embedding, Event, Reason, Start, UsageEvent

DIALECT = Ollama()


def parse(operation: str = "chat", **fields: Any) -> Call:
    minimal: dict[str, dict[str, Any]] = {
        "chat": {"messages": [{"role": "user", "content": "hi"}]},
        "generate": {"prompt": "hi"},
        "embed": {"input": "hi"},
    }
    document = {"model": "r1", **minimal[operation], **fields}
    return DIALECT.parse(orjson.dumps(document), operation)


def test_it_streams_by_default() -> None:
    assert parse().stream
    assert parse(stream=True).stream
    assert not parse(stream=False).stream
    assert not parse("embed").stream


def test_a_call_holds_what_was_requested() -> None:
    tool = {"type": "function", "function": {"name": "send", "parameters": {}}}
    call = parse(tools=[tool], options={"num_predict": 9, "num_ctx": 8192, "temperature": None})
    assert (call.tools, call.max_output_tokens) == (frozenset({"send"}), 9)


@pytest.mark.parametrize("name", ["images", "format", "think"])
def test_a_bare_prompt_has_no_place_for_more(name: str) -> None:
    value: Any = {"images": ["iVBORw0KGgo="], "format": "json", "think": True}[name]
    with pytest.raises(ClientError, match=name):
        parse("generate", raw=True, **{name: value})


def test_vectors_are_given_as_ollama_gives_them() -> None:
    events: list[Event] = [
        Start(id="c", model="m", created=1),
        Embedding(choice=0, vector=(0.5, 1.0)),
        UsageEvent(input_tokens=4, output_tokens=0),
    ]
    assert orjson.loads(DIALECT.assemble(parse("embed"), events)) == {
        "model": "r1",
        "embeddings": [[0.5, 1.0]],
        "prompt_eval_count": 4,
    }


def test_models_and_errors_have_ollamas_shape() -> None:
    assert orjson.loads(DIALECT.models(["r1"]))["models"][0]["name"] == "r1"
    reason = Reason(id="r-1", title="No", remedy="Ask", mode="enforce", code="policy_denied")
    refusal = orjson.loads(DIALECT.error(PolicyDenied("Refused.", reasons=(reason,)), "req-1"))
    assert (refusal["error"], refusal["code"], refusal["request_id"]) == (
        "Refused.",
        "policy_denied",
        "req-1",
    )
    assert refusal["reasons"][0]["remedy"] == "Ask"
