"""Requests and calls that several tests of the dialects need."""

from typing import Any

import orjson

from gateway.dialects.openai_chat import OpenAIChat
from gateway.types import Call, Segment

OPERATION = "chat.completions"


def chat(**fields: Any) -> dict[str, Any]:
    """A small chat request, with more fields if wanted."""
    return {"model": "r1", "messages": [{"role": "user", "content": "Hello"}], **fields}


def parse(document: Any) -> Call:
    """The call that a document makes."""
    return OpenAIChat().parse(orjson.dumps(document), OPERATION)


def message(role: str = "user", **fields: Any) -> dict[str, Any]:
    """A request with one message."""
    return chat(messages=[{"role": role, **fields}])


def function(**fields: Any) -> dict[str, Any]:
    """A request with one function tool."""
    return chat(tools=[{"type": "function", "function": {"name": "book", **fields}}])


def holding(call: Call, text: str) -> list[Segment]:
    """The segments that hold a text."""
    return [segment for segment in call.segments if text in segment.text]
