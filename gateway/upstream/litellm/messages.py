"""Messages that litellm can translate: what a caller sends as text, and a vendor wants as an object, is put into one.

Tool arguments and results in OpenAI's format are strings, which models fill with anything. In the formats of Anthropic, Google and
Amazon they are objects: there litellm fails on text that is no JSON.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

import orjson

from gateway.text.own_words import joined
from gateway.upstream.litellm.families import Family

_UNPARSED: Final = "unparsed_arguments"
"""The argument that holds arguments which are no JSON object."""
_PLAIN_PART: Final = {"type", "text"}


def readable_messages(messages: Iterable[dict[str, Any]], family: Family) -> list[dict[str, Any]]:
    """The messages, with tool arguments and results that the family's format can express."""
    separated = [_with_one_text(m) if _is_glued(m, family) else m for m in messages]
    if family.form == "chat.completions":
        return separated
    return [_readable(message) for message in separated]


def _is_glued(message: dict[str, Any], family: Family) -> bool:
    """Whether litellm may write the parts of a message one behind the other: words grow together, and a value loses its boundary."""
    of_a_tool = bool(message.get("tool_calls")) or message.get("role") == "tool"
    return family.provider == "mistral" or (family.provider == "bedrock" and of_a_tool)


def _with_one_text(message: dict[str, Any]) -> dict[str, Any]:
    """The message with its parts as one text, if they are nothing but texts."""
    content = message.get("content")
    if not isinstance(content, list) or any(part.keys() != _PLAIN_PART for part in content):
        return message
    return {**message, "content": joined("\n\n", (part["text"] for part in content))}


def _readable(message: dict[str, Any]) -> dict[str, Any]:
    if message.get("tool_calls"):
        return {**message, "tool_calls": [_call(call) for call in message["tool_calls"]]}
    content = message.get("content")
    if message.get("role") == "tool" and isinstance(content, str) and _is_ambiguous(content):
        # The object that litellm makes of any other text.
        return {**message, "content": json.dumps({"content": content})}
    return message


def _call(call: dict[str, Any]) -> dict[str, Any]:
    function = call["function"]
    raw = function.get("arguments") or ""
    if raw.lstrip().startswith("{") and _is_json(raw) and not _is_ambiguous(raw):
        return call
    arguments = json.dumps({_UNPARSED: raw} if raw.strip() else {})
    return {**call, "function": {**function, "arguments": arguments}}


def _is_ambiguous(text: str) -> bool:
    """Whether litellm's parser reads it otherwise than the gateway's: halves of surrogate pairs, NaN, deep nesting."""
    if text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return _is_json(text)
    return not _is_json(text)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True
