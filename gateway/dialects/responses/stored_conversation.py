"""A response and what led to it, as one document that a later request can go on from.

What is kept is what the caller sent and saw, never the masked form: each request is scanned and masked by the policy
of its own time. Ids of items are left out, since nobody may refer to them.
"""

from dataclasses import replace

import orjson

from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.dialects.responses.reply import Output
from gateway.types import Call, Event, Json, ReplyStored


class StoredConversation:
    """What is to be kept of one response, as its events come."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._output = Output(call)

    def add(self, event: Event) -> None:
        """Note an event."""
        self._output.add(event)

    @property
    def complete(self) -> bool:
        """Whether the response has come to its end."""
        return self._output.started and self._output.reason is not None

    def document(self) -> bytes:
        """JSON: ``items``, the whole conversation, and ``response``, the object that the caller got."""
        self._output.add(ReplyStored())
        response = self._output.response("completed")
        said = [{k: v for k, v in item.items() if k != "id"} for item in response["output"]]
        return orjson.dumps({"items": [*_items(self._call), *said], "response": response})


def response(kept: bytes) -> bytes:
    """The response object that was kept."""
    return orjson.dumps(orjson.loads(kept)["response"])


def deleted(reply_id: str) -> bytes:
    """What the API says of a response that was deleted."""
    return orjson.dumps({"id": reply_id, "object": "response", "deleted": True})


def with_history(call: Call, kept: bytes) -> Call:
    """The call with what was kept before its own items.

    Raises:
        InvalidRequest: together they are more than one request may hold.
    """
    items = [*orjson.loads(kept)["items"], *_items(call)]
    body = orjson.dumps({**call.document, "input": items})
    return replace(OpenAIResponses().parse(body, call.operation), keep=call.keep)


def _items(call: Call) -> list[Json]:
    said = call.document["input"]
    return [{"role": "user", "content": said}] if isinstance(said, str) else said
