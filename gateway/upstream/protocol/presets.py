"""The settings that a model's developers recommend, applied to the masked request where the deployment's ``preset`` names them.

R1 (https://github.com/deepseek-ai/DeepSeek-R1#usage-recommendations): temperature 0.6, top_p 0.95, and no system prompt; its text
goes to the beginning of the first user turn. R1-0528 accepts system prompts (https://huggingface.co/deepseek-ai/DeepSeek-R1-0528).
"""

from collections.abc import Mapping
from typing import Any, Final

from gateway.settings.deployments import Preset
from gateway.text.own_words import joined
from gateway.types import Json

_SAMPLING: Final = {"temperature": 0.6, "top_p": 0.95}
_SYSTEM: Final = frozenset({"system", "developer"})


def with_preset(neutral: Mapping[str, Json], preset: Preset | None) -> dict[str, Json]:
    """The request with the preset applied. Sampling parameters of the caller are not changed."""
    document = dict(neutral)
    if preset is None or "input" in document:  # embeddings are not sampled
        return document
    if not any(document.get(name) is not None for name in _SAMPLING):
        document |= _SAMPLING
    if preset == "deepseek-r1" and "messages" in document:
        document["messages"] = _without_system(document["messages"])
    return document


def _without_system(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The messages with the texts of system turns moved, in order, to the beginning of the first user turn."""
    moved = [
        part
        for message in messages
        if message.get("role") in _SYSTEM
        for part in _parts(message.get("content"))
    ]
    others = [message for message in messages if message.get("role") not in _SYSTEM]
    if not moved:
        return others
    first = next((i for i, message in enumerate(others) if message.get("role") == "user"), None)
    if first is None:
        return [{"role": "user", "content": _joined(moved)}, *others]
    own = _parts(others[first].get("content"))
    turn = {**others[first], "content": _joined([*moved, *own])}
    return [*others[:first], turn, *others[first + 1 :]]


def _parts(content: Json) -> list[dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    return list(content or ())


def _joined(parts: list[dict[str, Any]]) -> Json:
    """One string, as servers of R1 expect it, unless there are parts other than text."""
    if all(part.get("type") == "text" for part in parts):
        return joined("\n\n", (part["text"] for part in parts))
    return parts
