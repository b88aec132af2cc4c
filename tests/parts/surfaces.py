"""Every surface: how it is asked, what it says, and where a value can stand in a request to it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.parts.scripted import Script, Seen, completion, stream, words

MODEL = "deepseek-r1"
Build = Callable[[Any], dict[str, Any]]
"""A request that holds a value."""


@dataclass(frozen=True, kw_only=True)
class Surface:
    """One endpoint of one dialect.

    ``ask`` is a request with a text that the model is to see last; ``positions`` are the other places.
    """

    name: str
    path: str
    ask: Build
    said: Callable[[Any], str]
    streamed: Callable[[bytes], str] | None
    thought: Callable[[Any], str] | None = None
    positions: Mapping[str, Build]
    streams_unless_told: bool = False

    def body(self, text: Any, *, stream: bool = False) -> dict[str, Any]:
        return self.told(self.ask(text), stream=stream)

    def told(self, body: dict[str, Any], *, stream: bool) -> dict[str, Any]:
        """The body, asking for a stream or for none."""
        if stream or self.streams_unless_told:
            return {**body, "stream": stream}
        return body

    def text(self, reply: bytes, *, stream: bool) -> str:
        """What the caller reads in a reply."""
        if not stream:
            return self.said(json.loads(reply))
        assert self.streamed is not None
        return self.streamed(reply)


def frames(body: bytes) -> Iterator[Any]:
    """The documents of a server-sent stream."""
    for line in body.decode().split("\n"):
        if line.startswith("data: ") and line != "data: [DONE]":
            yield json.loads(line[6:])


def lines(body: bytes) -> Iterator[Any]:
    """The documents of an NDJSON stream."""
    return (json.loads(line) for line in body.decode().splitlines() if line)


def echo(seen: Seen) -> Script:
    """A server that says the last text that it was told, three characters at a time when it streams."""
    document = seen.json()
    if "/embeddings" in seen.line:
        return vectors(document)
    if "/chat/" not in seen.line:
        return says_completion(str(document["prompt"]), streamed=bool(document.get("stream")))
    said = document["messages"][-1]["content"]
    text = said if isinstance(said, str) else "".join(p.get("text", "") for p in said or ())
    return says(text, streamed=bool(document.get("stream")))


def says(text: str, *, streamed: bool, size: int = 3) -> Script:
    return stream(*words(text, size)) if streamed else completion({"content": text})


def says_completion(text: str, *, streamed: bool, size: int = 3) -> Script:
    head = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "m"}
    pieces = [text[i : i + size] for i in range(0, len(text), size)] if streamed else [text]
    documents: list[dict[str, Any]] = [
        {**head, "choices": [{"index": 0, "text": piece, "finish_reason": None}]}
        for piece in pieces
    ]
    usage = {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}
    end = {**head, "choices": [{"index": 0, "text": "", "finish_reason": "stop"}], "usage": usage}
    if not streamed:
        end["choices"] = [{"index": 0, "text": text, "finish_reason": "stop"}]
        return Script(chunks=(json.dumps(end).encode(),))
    framed = [b"data: " + json.dumps(d).encode() + b"\n\n" for d in [*documents, end]]
    kind = {"content-type": "text/event-stream"}
    return Script(headers=kind, chunks=(*framed, b"data: [DONE]\n\n"))


def vectors(document: Any) -> Script:
    asked = document["input"]
    number = 1 if isinstance(asked, str) else len(asked)
    data = [
        {"object": "embedding", "index": i, "embedding": [0.5, float(i)]} for i in range(number)
    ]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    reply = {"object": "list", "data": data, "model": "m", "usage": usage}
    return Script(chunks=(json.dumps(reply).encode(),))


def _user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


# --- OpenAI chat


def _chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": list(messages), **more}


def _schema(value: Any, name: str = "to", **more: Any) -> dict[str, Any]:
    properties = {name: {"type": "string", "description": "plain", **more}}
    return {"type": "object", "properties": properties, "description": value}


def _function(**more: Any) -> dict[str, Any]:
    return {"name": "send", "description": "sends", "parameters": {"type": "object"}, **more}


def _tools(**more: Any) -> list[dict[str, Any]]:
    return [{"type": "function", "function": _function(**more)}]


def _called(arguments: str) -> list[dict[str, Any]]:
    call = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": arguments}}
    return [
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "done"},
        _user("and?"),
    ]


CHAT_POSITIONS: dict[str, Build] = {
    "system": lambda v: _chat({"role": "system", "content": str(v)}, _user("hi")),
    "user": lambda v: _chat(_user(str(v))),
    "user part": lambda v: _chat(_user([{"type": "text", "text": str(v)}])),
    "user name": lambda v: _chat({**_user("hi"), "name": str(v)}),
    "earlier assistant": lambda v: _chat(
        _user("a"), {"role": "assistant", "content": str(v)}, _user("b")
    ),
    "reasoning": lambda v: _chat(
        _user("a"),
        {"role": "assistant", "content": "x", "reasoning_content": str(v)},
        _user("b"),
    ),
    "tool result": lambda v: _chat(
        _user("a"), *_called("{}")[:1], {"role": "tool", "tool_call_id": "c1", "content": str(v)}
    ),
    "argument": lambda v: _chat(_user("a"), *_called(json.dumps({"to": v}))),
    "argument, escaped": lambda v: _chat(
        _user("a"), *_called('{"to": "' + "".join(f"\\u{ord(c):04x}" for c in str(v)) + '"}')
    ),
    "argument key": lambda v: _chat(_user("a"), *_called(json.dumps({str(v): 1}))),
    "arguments, no JSON": lambda v: _chat(_user("a"), *_called(f"{{to: {v}")),
    "tool description": lambda v: _chat(_user("a"), tools=_tools(description=str(v))),
    "schema description": lambda v: _chat(_user("a"), tools=_tools(parameters=_schema(str(v)))),
    "schema default": lambda v: _chat(_user("a"), tools=_tools(parameters=_schema("d", default=v))),
    "schema enum": lambda v: _chat(_user("a"), tools=_tools(parameters=_schema("d", enum=[v]))),
    "schema const": lambda v: _chat(_user("a"), tools=_tools(parameters=_schema("d", const=v))),
    "property name": lambda v: _chat(_user("a"), tools=_tools(parameters=_schema("d", str(v)))),
    "tool name": lambda v: _chat(_user("a"), tools=_tools(name=str(v))),
    "stop": lambda v: _chat(_user("a"), stop=[str(v)]),
    "user id": lambda v: _chat(_user("a"), user=str(v)),
    "metadata": lambda v: _chat(_user("a"), metadata={"note": v}),
    "metadata key": lambda v: _chat(_user("a"), metadata={str(v): "x"}),
    "unknown nested": lambda v: _chat({**_user("a"), "zz": {"deep": [v]}}),
    "response format": lambda v: _chat(
        _user("a"),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": _schema(str(v))},
        },
    ),
}


def _chat_text(reply: Any) -> str:
    return reply["choices"][0]["message"]["content"] or ""


def _chat_streamed(body: bytes) -> str:
    return "".join(
        choice["delta"].get("content") or "" for f in frames(body) for choice in f["choices"]
    )


# --- OpenAI responses


def _response(*items: Any, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": list(items), **more}


def _responses_text(reply: Any) -> str:
    return "".join(
        part.get("text", "")
        for item in reply["output"]
        if item["type"] == "message"
        for part in item["content"]
    )


def _responses_streamed(body: bytes) -> str:
    seen = list(frames(body))
    deltas = "".join(f["delta"] for f in seen if f["type"] == "response.output_text.delta")
    if seen[-1]["type"] == "response.completed":
        assert deltas == _responses_text(seen[-1]["response"])
    return deltas


def _flat_tool(**more: Any) -> list[dict[str, Any]]:
    return [{"type": "function", **_function(**more)}]


def _function_call(arguments: str) -> list[dict[str, Any]]:
    return [
        {"type": "function_call", "call_id": "c1", "name": "send", "arguments": arguments},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ]


RESPONSE_POSITIONS: dict[str, Build] = {
    "instructions": lambda v: _response(_user("a"), instructions=str(v)),
    "input": lambda v: {"model": MODEL, "input": str(v)},
    "message part": lambda v: _response(_user([{"type": "input_text", "text": str(v)}])),
    "earlier output": lambda v: _response(
        {"role": "assistant", "content": [{"type": "output_text", "text": str(v)}]}, _user("b")
    ),
    "reasoning": lambda v: _response(
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": str(v)}]}, _user("b")
    ),
    "argument": lambda v: _response(_user("a"), *_function_call(json.dumps({"to": v}))),
    "argument key": lambda v: _response(_user("a"), *_function_call(json.dumps({str(v): 1}))),
    "tool result": lambda v: _response(
        _user("a"),
        *_function_call("{}")[:1],
        {"type": "function_call_output", "call_id": "c1", "output": str(v)},
    ),
    "tool description": lambda v: _response(_user("a"), tools=_flat_tool(description=str(v))),
    "schema enum": lambda v: _response(
        _user("a"), tools=_flat_tool(parameters=_schema("d", enum=[v]))
    ),
    "tool name": lambda v: _response(_user("a"), tools=_flat_tool(name=str(v))),
    "metadata": lambda v: _response(_user("a"), metadata={"note": v}),
    "format": lambda v: _response(
        _user("a"),
        text={"format": {"type": "json_schema", "name": "x", "schema": _schema(str(v))}},
    ),
}


# --- Anthropic


def _messages(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 64, "messages": list(messages), **more}


def _use(value: Any) -> list[dict[str, Any]]:
    use = {"type": "tool_use", "id": "t1", "name": "send", "input": value}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "done"}
    return [{"role": "assistant", "content": [use]}, _user([result])]


def _input_tool(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "send", "description": "sends", "input_schema": {"type": "object"}, **more}]


def _block(value: str, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": value, **more}]


ANTHROPIC_POSITIONS: dict[str, Build] = {
    "system": lambda v: _messages(_user("a"), system=str(v)),
    "system block": lambda v: _messages(_user("a"), system=_block(str(v))),
    "user": lambda v: _messages(_user(str(v))),
    "user block": lambda v: _messages(_user(_block(str(v)))),
    "earlier assistant": lambda v: _messages(
        _user("a"), {"role": "assistant", "content": _block(str(v))}, _user("b")
    ),
    "thinking": lambda v: _messages(
        _user("a"),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": str(v), "signature": ""},
                {"type": "text", "text": "x"},
            ],
        },
        _user("b"),
    ),
    "signed thinking": lambda v: _messages(
        _user("a"),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": str(v), "signature": "EqQBCg=="},
                {"type": "text", "text": "x"},
            ],
        },
        _user("b"),
    ),
    "tool input": lambda v: _messages(_user("a"), *_use({"to": v})),
    "tool input key": lambda v: _messages(_user("a"), *_use({str(v): 1})),
    "tool result": lambda v: _messages(
        _user("a"),
        *_use({})[:1],
        _user([{"type": "tool_result", "tool_use_id": "t1", "content": str(v)}]),
    ),
    "tool result block": lambda v: _messages(
        _user("a"),
        *_use({})[:1],
        _user([{"type": "tool_result", "tool_use_id": "t1", "content": _block(str(v))}]),
    ),
    "document": lambda v: _messages(
        _user(
            [
                {
                    "type": "document",
                    "title": "t",
                    "source": {"type": "text", "media_type": "text/plain", "data": str(v)},
                }
            ]
        )
    ),
    "tool description": lambda v: _messages(_user("a"), tools=_input_tool(description=str(v))),
    "schema enum": lambda v: _messages(
        _user("a"), tools=_input_tool(input_schema=_schema("d", enum=[v]))
    ),
    "tool name": lambda v: _messages(_user("a"), tools=_input_tool(name=str(v))),
    "stop": lambda v: _messages(_user("a"), stop_sequences=[str(v)]),
    "user id": lambda v: _messages(_user("a"), metadata={"user_id": str(v)}),
}


def _anthropic_text(reply: Any) -> str:
    return "".join(block.get("text", "") for block in reply["content"])


def _anthropic_streamed(body: bytes) -> str:
    return "".join(
        f["delta"].get("text", "") for f in frames(body) if f["type"] == "content_block_delta"
    )


# --- Ollama


def _ollama(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": list(messages), **more}


def _ollama_call(value: Any) -> list[dict[str, Any]]:
    call = {"function": {"name": "send", "arguments": value}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "done", "tool_name": "send"},
    ]


OLLAMA_POSITIONS: dict[str, Build] = {
    "system": lambda v: _ollama({"role": "system", "content": str(v)}, _user("a")),
    "user": lambda v: _ollama(_user(str(v))),
    "earlier assistant": lambda v: _ollama(
        _user("a"), {"role": "assistant", "content": str(v)}, _user("b")
    ),
    "thinking": lambda v: _ollama(
        _user("a"), {"role": "assistant", "content": "x", "thinking": str(v)}, _user("b")
    ),
    "argument": lambda v: _ollama(_user("a"), *_ollama_call({"to": v})),
    "argument key": lambda v: _ollama(_user("a"), *_ollama_call({str(v): 1})),
    "tool result": lambda v: _ollama(
        _user("a"), *_ollama_call({})[:1], {"role": "tool", "content": str(v)}
    ),
    "tool description": lambda v: _ollama(_user("a"), tools=_tools(description=str(v))),
    "tool name": lambda v: _ollama(_user("a"), tools=_tools(name=str(v))),
    "format": lambda v: _ollama(_user("a"), format=_schema(str(v))),
    "stop": lambda v: _ollama(_user("a"), options={"stop": [str(v)]}),
}


def _ollama_text(reply: Any) -> str:
    return str(reply["message"]["content"])


def _ollama_streamed(body: bytes) -> str:
    return "".join(line["message"]["content"] for line in lines(body))


CHAT = Surface(
    name="openai-chat",
    path="/v1/chat/completions",
    ask=lambda v: _chat(_user(str(v))),
    said=_chat_text,
    streamed=_chat_streamed,
    positions=CHAT_POSITIONS,
)
COMPLETIONS = Surface(
    name="openai-completions",
    path="/v1/completions",
    ask=lambda v: {"model": MODEL, "prompt": str(v)},
    said=lambda reply: str(reply["choices"][0]["text"]),
    streamed=lambda body: "".join(c["text"] for f in frames(body) for c in f["choices"]),
    positions={
        "prompt": lambda v: {"model": MODEL, "prompt": str(v)},
        "prompts": lambda v: {"model": MODEL, "prompt": ["a", str(v)]},
        "suffix": lambda v: {"model": MODEL, "prompt": "a", "suffix": str(v)},
        "stop": lambda v: {"model": MODEL, "prompt": "a", "stop": str(v)},
    },
)
RESPONSES = Surface(
    name="openai-responses",
    path="/v1/responses",
    ask=lambda v: {"model": MODEL, "input": str(v)},
    said=_responses_text,
    streamed=_responses_streamed,
    positions=RESPONSE_POSITIONS,
)
EMBEDDINGS = Surface(
    name="openai-embeddings",
    path="/v1/embeddings",
    ask=lambda v: {"model": MODEL, "input": str(v)},
    said=lambda reply: json.dumps(reply["data"]),
    streamed=None,
    positions={
        "input": lambda v: {"model": MODEL, "input": str(v)},
        "inputs": lambda v: {"model": MODEL, "input": ["a", str(v)]},
        "user id": lambda v: {"model": MODEL, "input": "a", "user": str(v)},
    },
)
ANTHROPIC = Surface(
    name="anthropic-messages",
    path="/v1/messages",
    ask=lambda v: _messages(_user(str(v))),
    said=_anthropic_text,
    streamed=_anthropic_streamed,
    positions=ANTHROPIC_POSITIONS,
)
OLLAMA_CHAT = Surface(
    name="ollama-chat",
    path="/api/chat",
    ask=lambda v: _ollama(_user(str(v))),
    said=_ollama_text,
    streamed=_ollama_streamed,
    positions=OLLAMA_POSITIONS,
    streams_unless_told=True,
)
OLLAMA_GENERATE = Surface(
    name="ollama-generate",
    path="/api/generate",
    ask=lambda v: {"model": MODEL, "prompt": str(v)},
    said=lambda reply: str(reply["response"]),
    streamed=lambda body: "".join(line["response"] for line in lines(body)),
    positions={
        "prompt": lambda v: {"model": MODEL, "prompt": str(v)},
        "raw prompt": lambda v: {"model": MODEL, "prompt": str(v), "raw": True},
        "system": lambda v: {"model": MODEL, "prompt": "a", "system": str(v)},
        "suffix": lambda v: {"model": MODEL, "prompt": "a", "suffix": str(v)},
    },
    streams_unless_told=True,
)
OLLAMA_EMBED = Surface(
    name="ollama-embed",
    path="/api/embed",
    ask=lambda v: {"model": MODEL, "input": str(v)},
    said=lambda reply: json.dumps(reply["embeddings"]),
    streamed=None,
    positions={
        "input": lambda v: {"model": MODEL, "input": str(v)},
        "inputs": lambda v: {"model": MODEL, "input": ["a", str(v)]},
    },
)

SURFACES = (
    CHAT,
    COMPLETIONS,
    RESPONSES,
    EMBEDDINGS,
    ANTHROPIC,
    OLLAMA_CHAT,
    OLLAMA_GENERATE,
    OLLAMA_EMBED,
)
TALKING = tuple(surface for surface in SURFACES if surface.streamed is not None)
"""Those that answer with text."""
