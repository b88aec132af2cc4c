"""The positions in which a request can hold a value, for each API surface."""

import json
from collections.abc import Callable
from typing import Any

MODEL = "deepseek-r1"
Build = Callable[[Any], dict[str, Any]]
"""A request that holds a value."""


def user(content: Any) -> dict[str, Any]:
    return {"role": "user", "content": content}


# --- OpenAI chat


def chat(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
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
        user("and?"),
    ]


CHAT_POSITIONS: dict[str, Build] = {
    "system": lambda v: chat({"role": "system", "content": str(v)}, user("hi")),
    "user": lambda v: chat(user(str(v))),
    "user part": lambda v: chat(user([{"type": "text", "text": str(v)}])),
    "user name": lambda v: chat({**user("hi"), "name": str(v)}),
    "earlier assistant": lambda v: chat(
        user("a"), {"role": "assistant", "content": str(v)}, user("b")
    ),
    "reasoning": lambda v: chat(
        user("a"),
        {"role": "assistant", "content": "x", "reasoning_content": str(v)},
        user("b"),
    ),
    "tool result": lambda v: chat(
        user("a"), *_called("{}")[:1], {"role": "tool", "tool_call_id": "c1", "content": str(v)}
    ),
    "argument": lambda v: chat(user("a"), *_called(json.dumps({"to": v}))),
    "argument, escaped": lambda v: chat(
        user("a"), *_called('{"to": "' + "".join(f"\\u{ord(c):04x}" for c in str(v)) + '"}')
    ),
    "argument key": lambda v: chat(user("a"), *_called(json.dumps({str(v): 1}))),
    "arguments, no JSON": lambda v: chat(user("a"), *_called(f"{{to: {v}")),
    "tool description": lambda v: chat(user("a"), tools=_tools(description=str(v))),
    "schema description": lambda v: chat(user("a"), tools=_tools(parameters=_schema(str(v)))),
    "schema default": lambda v: chat(user("a"), tools=_tools(parameters=_schema("d", default=v))),
    "schema enum": lambda v: chat(user("a"), tools=_tools(parameters=_schema("d", enum=[v]))),
    "schema const": lambda v: chat(user("a"), tools=_tools(parameters=_schema("d", const=v))),
    "property name": lambda v: chat(user("a"), tools=_tools(parameters=_schema("d", str(v)))),
    "tool name": lambda v: chat(user("a"), tools=_tools(name=str(v))),
    "stop": lambda v: chat(user("a"), stop=[str(v)]),
    "user id": lambda v: chat(user("a"), user=str(v)),
    "metadata": lambda v: chat(user("a"), metadata={"note": v}),
    "metadata key": lambda v: chat(user("a"), metadata={str(v): "x"}),
    "unknown nested": lambda v: chat({**user("a"), "zz": {"deep": [v]}}),
    "response format": lambda v: chat(
        user("a"),
        response_format={
            "type": "json_schema",
            "json_schema": {"name": "x", "schema": _schema(str(v))},
        },
    ),
}


# --- OpenAI responses


def _response(*items: Any, **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "input": list(items), **more}


def _flat_tool(**more: Any) -> list[dict[str, Any]]:
    return [{"type": "function", **_function(**more)}]


def _function_call(arguments: str) -> list[dict[str, Any]]:
    return [
        {"type": "function_call", "call_id": "c1", "name": "send", "arguments": arguments},
        {"type": "function_call_output", "call_id": "c1", "output": "done"},
    ]


RESPONSE_POSITIONS: dict[str, Build] = {
    "instructions": lambda v: _response(user("a"), instructions=str(v)),
    "input": lambda v: {"model": MODEL, "input": str(v)},
    "message part": lambda v: _response(user([{"type": "input_text", "text": str(v)}])),
    "earlier output": lambda v: _response(
        {"role": "assistant", "content": [{"type": "output_text", "text": str(v)}]}, user("b")
    ),
    "reasoning": lambda v: _response(
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": str(v)}]}, user("b")
    ),
    "argument": lambda v: _response(user("a"), *_function_call(json.dumps({"to": v}))),
    "argument key": lambda v: _response(user("a"), *_function_call(json.dumps({str(v): 1}))),
    "tool result": lambda v: _response(
        user("a"),
        *_function_call("{}")[:1],
        {"type": "function_call_output", "call_id": "c1", "output": str(v)},
    ),
    "tool description": lambda v: _response(user("a"), tools=_flat_tool(description=str(v))),
    "schema enum": lambda v: _response(
        user("a"), tools=_flat_tool(parameters=_schema("d", enum=[v]))
    ),
    "tool name": lambda v: _response(user("a"), tools=_flat_tool(name=str(v))),
    "metadata": lambda v: _response(user("a"), metadata={"note": v}),
    "format": lambda v: _response(
        user("a"),
        text={"format": {"type": "json_schema", "name": "x", "schema": _schema(str(v))}},
    ),
}


# --- Anthropic


def messages(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "max_tokens": 64, "messages": list(messages), **more}


def _use(value: Any) -> list[dict[str, Any]]:
    use = {"type": "tool_use", "id": "t1", "name": "send", "input": value}
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "done"}
    return [{"role": "assistant", "content": [use]}, user([result])]


def _input_tool(**more: Any) -> list[dict[str, Any]]:
    return [{"name": "send", "description": "sends", "input_schema": {"type": "object"}, **more}]


def _block(value: str, **more: Any) -> list[dict[str, Any]]:
    return [{"type": "text", "text": value, **more}]


ANTHROPIC_POSITIONS: dict[str, Build] = {
    "system": lambda v: messages(user("a"), system=str(v)),
    "system block": lambda v: messages(user("a"), system=_block(str(v))),
    "user": lambda v: messages(user(str(v))),
    "user block": lambda v: messages(user(_block(str(v)))),
    "earlier assistant": lambda v: messages(
        user("a"), {"role": "assistant", "content": _block(str(v))}, user("b")
    ),
    "thinking": lambda v: messages(
        user("a"),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": str(v), "signature": ""},
                {"type": "text", "text": "x"},
            ],
        },
        user("b"),
    ),
    "signed thinking": lambda v: messages(
        user("a"),
        {
            "role": "assistant",
            "content": [
                {"type": "thinking", "thinking": str(v), "signature": "EqQBCg=="},
                {"type": "text", "text": "x"},
            ],
        },
        user("b"),
    ),
    "tool input": lambda v: messages(user("a"), *_use({"to": v})),
    "tool input key": lambda v: messages(user("a"), *_use({str(v): 1})),
    "tool result": lambda v: messages(
        user("a"),
        *_use({})[:1],
        user([{"type": "tool_result", "tool_use_id": "t1", "content": str(v)}]),
    ),
    "tool result block": lambda v: messages(
        user("a"),
        *_use({})[:1],
        user([{"type": "tool_result", "tool_use_id": "t1", "content": _block(str(v))}]),
    ),
    "document": lambda v: messages(
        user(
            [
                {
                    "type": "document",
                    "title": "t",
                    "source": {"type": "text", "media_type": "text/plain", "data": str(v)},
                }
            ]
        )
    ),
    "tool description": lambda v: messages(user("a"), tools=_input_tool(description=str(v))),
    "schema enum": lambda v: messages(
        user("a"), tools=_input_tool(input_schema=_schema("d", enum=[v]))
    ),
    "tool name": lambda v: messages(user("a"), tools=_input_tool(name=str(v))),
    "stop": lambda v: messages(user("a"), stop_sequences=[str(v)]),
    "user id": lambda v: messages(user("a"), metadata={"user_id": str(v)}),
}


# --- Ollama


def ollama(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"model": MODEL, "messages": list(messages), **more}


def _ollama_call(value: Any) -> list[dict[str, Any]]:
    call = {"function": {"name": "send", "arguments": value}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "done", "tool_name": "send"},
    ]


OLLAMA_POSITIONS: dict[str, Build] = {
    "system": lambda v: ollama({"role": "system", "content": str(v)}, user("a")),
    "user": lambda v: ollama(user(str(v))),
    "earlier assistant": lambda v: ollama(
        user("a"), {"role": "assistant", "content": str(v)}, user("b")
    ),
    "thinking": lambda v: ollama(
        user("a"), {"role": "assistant", "content": "x", "thinking": str(v)}, user("b")
    ),
    "argument": lambda v: ollama(user("a"), *_ollama_call({"to": v})),
    "argument key": lambda v: ollama(user("a"), *_ollama_call({str(v): 1})),
    "tool result": lambda v: ollama(
        user("a"), *_ollama_call({})[:1], {"role": "tool", "content": str(v)}
    ),
    "tool description": lambda v: ollama(user("a"), tools=_tools(description=str(v))),
    "tool name": lambda v: ollama(user("a"), tools=_tools(name=str(v))),
    "format": lambda v: ollama(user("a"), format=_schema(str(v))),
    "stop": lambda v: ollama(user("a"), options={"stop": [str(v)]}),
}
