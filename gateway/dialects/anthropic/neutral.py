"""A Messages request as the OpenAI chat document that every deployment accepts.

Signed thinking is dropped whole: its signature means nothing to another provider, and it must not be sent in part. Hints to
Anthropic's cache (``cache_control``) or tokeniser are left out. Everything else is translated, or was refused before.
"""

from collections.abc import Iterator
from typing import Final

import orjson

from gateway.text.own_words import OwnWords, joined, prefixed
from gateway.types import Json

_COPIED: Final = ("temperature", "top_p", "top_k", "max_tokens")
_CHOICES: Final = {"auto": "auto", "any": "required", "none": "none"}
_TIERS: Final = {"auto": "auto", "standard_only": "default"}


def neutral(document: dict[str, Json]) -> dict[str, Json]:
    """The chat document, without ``model`` and ``stream``."""
    chat: dict[str, Json] = {"messages": list(_messages(document))}
    chat |= {name: document[name] for name in _COPIED if document.get(name) is not None}
    chat |= _tools(document)
    chat |= _output(document)
    if document.get("stop_sequences"):
        chat["stop"] = document["stop_sequences"]
    if document.get("thinking"):
        # `display` selects among Anthropic's own summaries of thinking.
        thinking = {k: v for k, v in document["thinking"].items() if k != "display"}
        chat["thinking"] = thinking
    user = (document.get("metadata") or {}).get("user_id")
    if user:
        chat["user"] = user
    tier = _TIERS.get(document.get("service_tier") or "auto", "auto")
    return chat if tier == "auto" else {**chat, "service_tier": tier}


def _messages(document: dict[str, Json]) -> Iterator[Json]:
    if document.get("system"):
        yield {"role": "system", "content": _content(document["system"])}
    for message in document["messages"]:
        content = message["content"]
        if isinstance(content, str):
            yield {"role": message["role"], "content": content}
        elif message["role"] == "assistant":
            yield _assistant(content)
        else:
            yield from _user(message["role"], content)


def _user(role: str, blocks: list[Json]) -> Iterator[Json]:
    """The blocks of a turn as messages. OpenAI wants tool results in messages of their own, directly after the calls."""
    for block in blocks:
        if block["type"] == "tool_result":
            yield {
                "role": "tool",
                "tool_call_id": block["tool_use_id"],
                "content": _result(block),
            }
    rest = [block for block in blocks if block["type"] != "tool_result"]
    # A turn of nothing but tool results needs no message of its own.
    if rest or not blocks:
        yield {"role": role, "content": _content(rest)}


def _result(block: dict[str, Json]) -> Json:
    """The result of a tool. OpenAI's format has no error flag, so the text is prefixed."""
    content = _content(block.get("content") or "")
    if not block.get("is_error"):
        return content
    if isinstance(content, str):
        return prefixed("Error: ", content)
    return [{"type": "text", "text": OwnWords("Error:")}, *content]


def _assistant(blocks: list[Json]) -> dict[str, Json]:
    message: dict[str, Json] = {"role": "assistant"}
    visible = [block for block in blocks if block["type"] in ("text", "image", "document")]
    reasoning = joined(
        "",
        (
            block["thinking"]
            for block in blocks
            if block["type"] == "thinking" and not block.get("signature")
        ),
    )
    if reasoning:
        message["reasoning_content"] = reasoning
    calls = [_call(block) for block in blocks if block["type"] == "tool_use"]
    # OpenAI's format has null, not "", beside tool calls.
    message["content"] = None if calls and not visible else _content(visible)
    return {**message, "tool_calls": calls} if calls else message


def _call(block: dict[str, Json]) -> dict[str, Json]:
    # An object in Anthropic's API, a string with JSON in OpenAI's.
    arguments = orjson.dumps(block["input"]).decode()
    return {
        "id": block["id"],
        "type": "function",
        "function": {"name": block["name"], "arguments": arguments},
    }


def _content(content: Json) -> Json:
    """A string when there is only one text, else parts."""
    if isinstance(content, str):
        return content
    parts = [part for block in content for part in _parts(block)]
    if not parts:
        return ""
    return parts[0]["text"] if len(parts) == 1 and parts[0]["type"] == "text" else parts


def _parts(block: dict[str, Json]) -> Iterator[dict[str, Json]]:
    match block["type"]:
        case "text":
            yield _text(block["text"])
        case "image":
            yield {"type": "image_url", "image_url": {"url": _image(block["source"])}}
        case "document":
            yield from _document(block)
        case "search_result":
            yield from _titled(block, block.get("source"))
            yield from (_text(inner["text"]) for inner in block["content"])


def _document(block: dict[str, Json]) -> Iterator[dict[str, Json]]:
    source = block["source"]
    if source["type"] == "base64":
        name = {"filename": block["title"]} if block.get("title") else {}
        data = f"data:application/pdf;base64,{source['data']}"
        yield {"type": "file", "file": {**name, "file_data": data}}
        return
    yield from _titled(block, block.get("context"))
    inner = source["data"] if source["type"] == "text" else source["content"]
    if isinstance(inner, str):
        yield _text(inner)
    else:
        for part in inner:
            yield from _parts(part)


def _titled(block: dict[str, Json], subtitle: str | None) -> Iterator[dict[str, Json]]:
    lines = [line for line in (block.get("title"), subtitle) if line]
    if lines:
        yield _text(joined("\n", lines))


def _text(text: str) -> dict[str, Json]:
    return {"type": "text", "text": text}


def _image(source: dict[str, Json]) -> str:
    if source["type"] == "url":
        return str(source["url"])
    return f"data:{source['media_type']};base64,{source['data']}"


def _tools(document: dict[str, Json]) -> dict[str, Json]:
    wanted: dict[str, Json] = {}
    if document.get("tools"):
        wanted["tools"] = [_tool(tool) for tool in document["tools"]]
    choice = document.get("tool_choice")
    if not choice:
        return wanted
    if choice["type"] == "tool":
        wanted["tool_choice"] = {"type": "function", "function": {"name": choice["name"]}}
    else:
        wanted["tool_choice"] = _CHOICES[choice["type"]]
    if choice.get("disable_parallel_tool_use"):
        wanted["parallel_tool_calls"] = False
    return wanted


def _tool(tool: dict[str, Json]) -> dict[str, Json]:
    function = {"name": tool["name"], "parameters": _schema(tool)}
    function |= {k: tool[k] for k in ("description", "strict") if tool.get(k) is not None}
    return {"type": "function", "function": function}


def _schema(tool: dict[str, Json]) -> Json:
    """The schema of a tool's input. OpenAI has no field for input examples, so they are added to the schema."""
    if not tool.get("input_examples"):
        return tool["input_schema"]
    return {**tool["input_schema"], "examples": tool["input_examples"]}


def _output(document: dict[str, Json]) -> dict[str, Json]:
    wanted: dict[str, Json] = {}
    output = document.get("output_config") or {}
    if output.get("effort"):
        wanted["reasoning_effort"] = output["effort"]
    if output.get("format"):
        # OpenAI requires a name; Anthropic has none.
        schema = {"name": OwnWords("output"), "schema": output["format"]["schema"], "strict": True}
        wanted["response_format"] = {"type": "json_schema", "json_schema": schema}
    return wanted
