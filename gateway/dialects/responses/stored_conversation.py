"""A response and its conversation, as one document that a later request can continue.

What the caller sent and received is stored, never the masked form: each request is scanned and masked by the policy in force
at that time. Ids of items are left out, since references to items are refused.
"""

from dataclasses import replace

import orjson

from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.dialects.responses.reply import Output
from gateway.types import Call, Event, Json, ReplyStored


class StoredConversation:
    """Collects what is to be stored of one response from its events."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._output = Output(call)

    def add(self, event: Event) -> None:
        """Add an event."""
        self._output.add(event)

    @property
    def complete(self) -> bool:
        """Whether the response has a beginning and an end."""
        return self._output.started and self._output.reason is not None

    def document(self) -> bytes:
        """JSON: ``items``, the whole conversation, and ``response``, the object that the caller received."""
        # The copy states that it is stored: nobody reads it unless that has succeeded.
        self._output.add(ReplyStored())
        response = self._output.response("completed")
        output = [{k: v for k, v in item.items() if k != "id"} for item in response["output"]]
        return orjson.dumps({"items": [*_items(self._call), *output], "response": response})


def response(stored: bytes) -> bytes:
    """The response object in a stored document."""
    return orjson.dumps(orjson.loads(stored)["response"])


def deleted(reply_id: str) -> bytes:
    """The API's confirmation that a response was deleted."""
    return orjson.dumps({"id": reply_id, "object": "response", "deleted": True})


def with_history(call: Call, stored: bytes) -> Call:
    """The call with the stored items before its own.

    Raises:
        InvalidRequest: together they are larger than a request may be.
    """
    items = [*orjson.loads(stored)["items"], *_items(call)]
    # Parsed like any body, so that the limits and the scan apply to the whole conversation.
    body = orjson.dumps({**call.document, "input": items})
    # `keep` from the first parsing: the document says `store: false` since then.
    return replace(OpenAIResponses().parse(body, call.operation), keep=call.keep)


def _items(call: Call) -> list[Json]:
    items = call.document["input"]
    return [{"role": "user", "content": items}] if isinstance(items, str) else items
