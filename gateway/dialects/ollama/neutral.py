"""Ollama's requests as the OpenAI documents that every deployment accepts."""

from collections.abc import Iterator
from typing import Final

import orjson

from gateway.dialects.core.media import media_type
from gateway.dialects.ollama.fields import HARDWARE
from gateway.text.own_words import OwnWords, joined
from gateway.types import Form, Json

_RENAMED: Final = {"num_predict": "max_tokens"}
_LEFT_OUT: Final = frozenset(HARDWARE.split())


def neutral(document: dict[str, Json], operation: str) -> tuple[Form, dict[str, Json]]:
    """The neutral form and its document, without ``model`` and ``stream``."""
    match operation:
        case "embed":
            fields = {
                k: document[k] for k in ("input", "dimensions") if document.get(k) is not None
            }
            return "embeddings", {**fields, "encoding_format": "float"}
        case "generate" if document.get("raw") or document.get("suffix"):
            # Both leave out the chat template, which a chat request can't express.
            return "completions", _completion(document)
        case "generate":
            messages = list(_prompted(document))
        case _:
            messages = [_message(turn) for turn in _with_call_ids(document["messages"])]
    chat = {"messages": messages, **_options(document), **_output(document)}
    if document.get("tools"):
        chat["tools"] = document["tools"]
    return "chat.completions", chat


def _completion(document: dict[str, Json]) -> dict[str, Json]:
    suffix = {"suffix": document["suffix"]} if document.get("suffix") else {}
    texts = [document["system"]] if document.get("system") else []
    prompt = joined("\n", [*texts, document["prompt"]])
    return {"prompt": prompt, **suffix, **_options(document)}


def _prompted(document: dict[str, Json]) -> Iterator[Json]:
    if document.get("system"):
        yield {"role": "system", "content": document["system"]}
    yield {"role": "user", "content": _content(document["prompt"], document.get("images"))}


def _options(document: dict[str, Json]) -> dict[str, Json]:
    options = document.get("options") or {}
    wanted = {
        _RENAMED.get(name, name): value
        for name, value in options.items()
        if name not in _LEFT_OUT and value is not None
    }
    if wanted.get("max_tokens", 0) < 0:
        del wanted["max_tokens"]  # Ollama: negative numbers mean no limit
    return wanted


def _output(document: dict[str, Json]) -> dict[str, Json]:
    wanted: dict[str, Json] = {}
    form = document.get("format")
    if form == "json":
        wanted["response_format"] = {"type": "json_object"}
    elif form:
        # OpenAI requires a name; Ollama has none.
        schema = {"name": OwnWords("output"), "schema": form, "strict": True}
        wanted["response_format"] = {"type": "json_schema", "json_schema": schema}
    think = document.get("think")
    if isinstance(think, str):
        wanted["reasoning_effort"] = think
    elif think is not None:
        # vLLM, SGLang and llama.cpp pass these on to the model's chat template.
        wanted["chat_template_kwargs"] = {"enable_thinking": think}
    return wanted


def _with_call_ids(messages: list[Json]) -> Iterator[Json]:
    """The messages with an id for each tool call and result.

    In Ollama's API tool calls may have no ids, and results are in the order of the calls; OpenAI's format needs ids.
    """
    made, unanswered = 0, list[str]()
    for turn in messages:
        if turn.get("tool_calls"):
            ids = [
                call.get("id") or OwnWords(f"call_{made + n}")
                for n, call in enumerate(turn["tool_calls"])
            ]
            made += len(ids)
            unanswered = [*ids]
            calls = [{**call, "id": i} for call, i in zip(turn["tool_calls"], ids, strict=True)]
            yield {**turn, "tool_calls": calls}
        elif turn["role"] == "tool":
            following = unanswered.pop(0) if unanswered else OwnWords(f"call_{made}")
            yield {**turn, "tool_call_id": turn.get("tool_call_id") or following}
        else:
            yield turn


def _message(turn: dict[str, Json]) -> dict[str, Json]:
    message = {"role": turn["role"], "content": _content(turn.get("content"), turn.get("images"))}
    if turn["role"] == "tool":
        message["tool_call_id"] = turn["tool_call_id"]
    if turn.get("thinking"):
        message["reasoning_content"] = turn["thinking"]
    if turn.get("tool_calls"):
        message["tool_calls"] = [_call(call) for call in turn["tool_calls"]]
        # OpenAI's format has null, not "", beside tool calls.
        message["content"] = message["content"] or None
    return message


def _call(call: dict[str, Json]) -> dict[str, Json]:
    function = call["function"]
    # An object in Ollama's API, a string with JSON in OpenAI's.
    arguments = orjson.dumps(function.get("arguments") or {}).decode()
    return {
        "id": call["id"],
        "type": "function",
        "function": {"name": function["name"], "arguments": arguments},
    }


def _content(text: str | None, images: list[str] | None) -> Json:
    if not images:
        return text or ""
    parts = [
        {"type": "image_url", "image_url": {"url": f"data:{media_type(data)};base64,{data}"}}
        for data in images
    ]
    return [{"type": "text", "text": text}, *parts] if text else parts
