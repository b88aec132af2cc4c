"""The coverage table, compared with the SDKs' own types: a field or a kind that it lacks fails here."""

import typing
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest
from anthropic.types.message_count_tokens_params import MessageCountTokensParams
from anthropic.types.message_create_params import MessageCreateParamsStreaming
from ollama._types import ChatRequest, EmbedRequest, GenerateRequest
from openai.types.chat.completion_create_params import (
    CompletionCreateParamsStreaming as ChatParams,
)
from openai.types.completion_create_params import CompletionCreateParamsStreaming
from openai.types.embedding_create_params import EmbeddingCreateParams
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from typing_extensions import is_typeddict

from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.shapes import Shape
from gateway.dialects.coverage import ENDPOINTS, Endpoint, classify, table

SDK: dict[str, Any] = {
    "POST /v1/chat/completions": ChatParams,
    "POST /v1/completions": CompletionCreateParamsStreaming,
    "POST /v1/responses": ResponseCreateParamsStreaming,
    "POST /v1/embeddings": EmbeddingCreateParams,
    "POST /v1/messages": MessageCreateParamsStreaming,
    "POST /v1/messages/count_tokens": MessageCountTokensParams,
}
OLLAMA: dict[str, Any] = {
    "POST /api/chat": ChatRequest,
    "POST /api/generate": GenerateRequest,
    "POST /api/embed": EmbedRequest,
}
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}


def typed_dicts(hint: Any) -> Iterator[Any]:
    """The objects that a type allows, through unions, lists and the like."""
    if is_typeddict(hint):
        yield hint
        return
    for inner in get_args(hint):
        yield from typed_dicts(inner)


def literals(hint: Any) -> set[str]:
    if typing.get_origin(hint) is typing.Literal:
        return {value for value in get_args(hint) if isinstance(value, str)}
    return {word for inner in get_args(hint) for word in literals(inner)}


def lacking(
    hint: Any, shape: Shape, endpoint: Endpoint, path: str, above: Any = ()
) -> Iterator[str]:
    """Paths and kinds that the SDK's types know and the shape does not."""
    if shape.fields is SCHEMA.fields or shape.recursive or classify(shape) == "refused":
        return
    inside = shape.items if shape.items is not None else shape
    for found in typed_dicts(hint):
        if (found, id(inside)) not in above:
            yield from _object(found, inside, endpoint, path, (*above, (found, id(inside))))


def _object(found: Any, shape: Shape, endpoint: Endpoint, path: str, above: Any) -> Iterator[str]:
    hints = get_type_hints(found)
    for variant in _variants(hints, shape, endpoint):
        if isinstance(variant, str):
            yield f"{path}: {variant}"
            continue
        for name, inner in hints.items():
            here = f"{path}.{name}".removeprefix(".")
            if name not in variant.fields and not variant.recursive:
                yield here
            elif name in variant.fields:
                yield from lacking(inner, variant.fields[name], endpoint, here, above)


def _variants(hints: dict[str, Any], shape: Shape, endpoint: Endpoint) -> Iterator[Shape | str]:
    """The shapes that such an object may have here; the name of a kind that nobody decided on."""
    if not shape.discriminator:
        yield shape
        return
    named = literals(hints.get(shape.discriminator)) or {shape.default}
    for kind in named - endpoint.other_kinds:
        variant = shape.variants.get(kind)
        if variant is None:
            yield f"the {shape.discriminator} `{kind}`"
        else:
            yield from _variants(hints, variant, endpoint)


@pytest.mark.parametrize("name", SDK)
def test_no_field_of_the_sdks_types_is_missing(name: str) -> None:
    endpoint = BY_NAME[name]
    assert sorted(set(lacking(SDK[name], endpoint.shape, endpoint, ""))) == []


@pytest.mark.parametrize("name", OLLAMA)
def test_no_field_of_ollamas_requests_is_missing(name: str) -> None:
    known = BY_NAME[name].shape.fields
    assert [field for field in OLLAMA[name].model_fields if field not in known] == []


def test_a_field_that_is_missing_would_be_found() -> None:
    endpoint = BY_NAME["POST /v1/messages"]
    fields = {k: v for k, v in endpoint.shape.fields.items() if k != "top_k"}
    less = Shape(fields={k: v for k, v in fields.items() if k != "system"})
    assert "system" in set(lacking(SDK[endpoint.name], less, endpoint, ""))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda e: e.name)
def test_every_field_has_one_fate_and_every_handled_path_exists(endpoint: Endpoint) -> None:
    rows = table(endpoint)
    for handled in endpoint.handled:
        assert "handled" in {kind for path, kind in rows.items() if handled in path}
    assert set(rows.values()) <= {"scanned", "structural", "handled", "refused"}


def test_examples() -> None:
    rows = table(BY_NAME["POST /v1/chat/completions"])
    assert rows["messages[].content"] == "scanned"
    assert rows["messages[].tool_calls[].function.arguments"] == "scanned"
    assert rows["temperature"] == "structural"
    assert rows["web_search_options"] == "refused"
    assert rows["model"] == "handled"
