"""What the replies of several vendors share: vectors, tool arguments, and server-sent events (WHATWG HTML, section 9.2)."""

from collections.abc import Sequence
from typing import Final

import orjson

from gateway.dialects.core.errors import error_document
from gateway.errors import SekishoError, UpstreamFailed
from gateway.types import Embedding, Event, Json

KEEP_ALIVE: Final = b": keep-alive\n\n"
"""A comment, which clients of event streams ignore."""


def vectors(inputs: Json, events: Sequence[Event]) -> list[tuple[float, ...]]:
    """One vector for each input, in the order of the inputs.

    Raises:
        UpstreamFailed: a vector is missing, or there are more than inputs.
    """
    found = {event.choice: event.vector for event in events if isinstance(event, Embedding)}
    number = 1 if isinstance(inputs, str) else len(inputs)
    # Exactly one for each: a vector under a wrong index would belong to another text.
    if sorted(found) != list(range(number)):
        raise UpstreamFailed("The model server's reply is incomplete.", fallback=False)
    return [found[index] for index in range(number)]


def arguments(raw: str) -> dict[str, Json]:
    """The arguments of a tool call as a JSON object.

    Raises:
        UpstreamFailed: the model wrote something else.
    """
    try:
        # Some servers send no arguments at all for a tool without parameters.
        parsed = orjson.loads(raw or "{}")
    except orjson.JSONDecodeError:
        parsed = None
    if not isinstance(parsed, dict):
        raise UpstreamFailed(
            "The arguments of a tool call are not a JSON object; request more tokens, or stream.",
            fallback=False,
        )
    return parsed


def data_frame(document: Json) -> bytes:
    """An unnamed server-sent event."""
    return b"data: " + orjson.dumps(document) + b"\n\n"


def error_frame(error: SekishoError, request_id: str) -> bytes:
    """The ``error`` event that ends a reply which failed."""
    return b"event: error\n" + data_frame(error_document(error, request_id))
