"""A Responses request as the OpenAI chat document that every deployment accepts.

The items of one assistant turn (reasoning, text, function calls) become one message. Encrypted reasoning is dropped: only the
provider that wrote it can read it.
"""

from collections.abc import Iterator
from typing import Final

from gateway.text.own_words import joined
from gateway.types import Json

_COPIED: Final = (
    "temperature",
    "top_p",
    "parallel_tool_calls",
    "user",
    "safety_identifier",
    "prompt_cache_key",
    "prompt_cache_retention",
    "service_tier",
)


def neutral(document: dict[str, Json]) -> dict[str, Json]:
    """The chat document, without ``model`` and ``stream``."""
    chat: dict[str, Json] = {"messages": list(_messages(document))}
    chat |= {name: document[name] for name in _COPIED if document.get(name) is not None}
    if document.get("max_output_tokens") is not None:
        chat["max_tokens"] = document["max_output_tokens"]
    effort = (document.get("reasoning") or {}).get("effort")
    if effort:
        chat["reasoning_effort"] = effort
    return {**chat, **_tools(document), **_output(document.get("text") or {})}


def _messages(document: dict[str, Json]) -> Iterator[Json]:
    if document.get("instructions"):
        yield {"role": "system", "content": document["instructions"]}
    items = document["input"]
    if isinstance(items, str):
        yield {"role": "user", "content": items}
        return
    turn: dict[str, Json] = {}
    for item in items:
        if _is_from_assistant(item):
            if _starts_message(turn, item):
                yield turn
                turn = {}
            _add(turn, item)
            continue
        if turn:
            yield turn
            turn = {}
        yield _other(item)
    if turn:
        yield turn


def _is_from_assistant(item: dict[str, Json]) -> bool:
    kind = item.get("type", "message")
    return kind in ("function_call", "reasoning") or item.get("role") == "assistant"


def _starts_message(turn: dict[str, Json], item: dict[str, Json]) -> bool:
    """Whether the item starts another message: within one, reasoning comes before text, and text before calls."""
    kind = item.get("type", "message")
    if kind == "function_call":
        return False
    if kind == "reasoning":
        return bool(turn.get("content") or turn.get("tool_calls"))
    return bool(turn.get("tool_calls") or turn.get("content"))


def _add(turn: dict[str, Json], item: dict[str, Json]) -> None:
    turn.setdefault("role", "assistant")
    turn.setdefault("content", "")
    match item.get("type", "message"):
        case "reasoning":
            pieces = [*(item.get("content") or ()), *(item.get("summary") or ())]
            reasoning = joined("\n", (piece["text"] for piece in pieces))
            if reasoning:
                turn["reasoning_content"] = reasoning
        case "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            call = {"id": item["call_id"], "type": "function", "function": function}
            turn.setdefault("tool_calls", []).append(call)
        case _:
            turn["content"] = _content(item["content"])


def _other(item: dict[str, Json]) -> dict[str, Json]:
    if item.get("type") == "function_call_output":
        content = _content(item["output"])
        return {"role": "tool", "tool_call_id": item["call_id"], "content": content}
    return {"role": item["role"], "content": _content(item["content"])}


def _content(content: Json) -> Json:
    """A string when there is only one text, else parts."""
    if isinstance(content, str):
        return content
    parts = [_part(part) for part in content]
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts


def _part(part: dict[str, Json]) -> dict[str, Json]:
    match part["type"]:
        case "input_image":
            detail = {"detail": part["detail"]} if part.get("detail") else {}
            return {"type": "image_url", "image_url": {"url": part["image_url"], **detail}}
        case "input_file":
            name = {"filename": part["filename"]} if part.get("filename") else {}
            return {"type": "file", "file": {**name, "file_data": part["file_data"]}}
        case "refusal":
            return {"type": "refusal", "refusal": part["refusal"]}
        case _:
            return {"type": "text", "text": part["text"]}


def _tools(document: dict[str, Json]) -> dict[str, Json]:
    wanted: dict[str, Json] = {}
    if document.get("tools"):
        wanted["tools"] = [
            {"type": "function", "function": _function(t)} for t in document["tools"]
        ]
    choice = document.get("tool_choice")
    if isinstance(choice, str):
        wanted["tool_choice"] = choice
    elif choice:
        wanted["tool_choice"] = _choice(choice)
    return wanted


def _function(tool: dict[str, Json]) -> dict[str, Json]:
    names = ("name", "description", "parameters", "strict")
    return {name: tool[name] for name in names if tool.get(name) is not None}


def _choice(choice: dict[str, Json]) -> dict[str, Json]:
    if choice["type"] == "function":
        return {"type": "function", "function": {"name": choice["name"]}}
    named = [{"type": "function", "function": {"name": t["name"]}} for t in choice["tools"]]
    allowed = {"mode": choice.get("mode") or "auto", "tools": named}
    return {"type": "allowed_tools", "allowed_tools": allowed}


def _output(text: dict[str, Json]) -> dict[str, Json]:
    wanted: dict[str, Json] = {}
    if text.get("verbosity"):
        wanted["verbosity"] = text["verbosity"]
    form = text.get("format") or {}
    if form.get("type") == "json_schema":
        inner = {name: value for name, value in form.items() if name != "type"}
        wanted["response_format"] = {"type": "json_schema", "json_schema": inner}
    elif form.get("type") == "json_object":
        wanted["response_format"] = {"type": "json_object"}
    return wanted
