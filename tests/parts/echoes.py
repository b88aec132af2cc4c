"""Servers that reply with the last message, or with one text, in each of the neutral formats."""

import json
from typing import Any

from tests.parts.scripted import ReceivedRequest, Script, completion, stream, words


def echo(seen: ReceivedRequest) -> Script:
    """A server that replies with the last message, three characters at a time when it streams."""
    document = seen.json()
    if "/embeddings" in seen.line:
        return vectors(document)
    if "/chat/" not in seen.line:
        return says_completion(str(document["prompt"]), streamed=bool(document.get("stream")))
    content = document["messages"][-1]["content"]
    text = (
        content if isinstance(content, str) else "".join(p.get("text", "") for p in content or ())
    )
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
    inputs = document["input"]
    number = 1 if isinstance(inputs, str) else len(inputs)
    data = [
        {"object": "embedding", "index": i, "embedding": [0.5, float(i)]} for i in range(number)
    ]
    usage = {"prompt_tokens": 4, "total_tokens": 4}
    reply = {"object": "list", "data": data, "model": "m", "usage": usage}
    return Script(chunks=(json.dumps(reply).encode(),))
