"""Requests and calls that several tests of the dialects need."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson
from hypothesis import strategies as st

from gateway.dialects.openai.chat import OpenAIChat
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


def leaves(value: Any) -> list[str]:
    """Every text in a value, found the simple way."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() for text in [*leaves(key), *leaves(inner)]]
    if isinstance(value, list):
        return [text for inner in value for text in leaves(inner)]
    if value is None or isinstance(value, bool) or value == "":
        return []
    return [value if isinstance(value, str) else orjson.dumps(value).decode()]


CANARIES = ("canary-a", "canary b", 4111111111111111, "4111 1111")
"""Values that no structural place accepts."""


def planted(keys: Iterable[str]) -> st.SearchStrategy[Any]:
    """JSON values whose leaves are canaries, under these keys and under canaries as keys."""
    names = st.sampled_from([*keys, "canary-key"])
    return st.recursive(
        st.sampled_from(CANARIES),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4),
        max_leaves=12,
    )


def canaries_in(texts: Iterable[str]) -> Counter[str]:
    """How often each canary occurs among texts."""
    expected = {str(canary) for canary in (*CANARIES, "canary-key")}
    return Counter(text for text in texts if text in expected)
