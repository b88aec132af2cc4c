"""The part of a dialect that OpenAI's operations share, and the list of models."""

from collections.abc import Iterable
from typing import Final

import orjson

from gateway.dialects.base import Dialect
from gateway.dialects.core.errors import error_document
from gateway.errors import SekishoError


class OpenAIDialect(Dialect):
    """What OpenAI's operations share; each operation adds parsing and replies."""

    name: Final = "openai"
    sequential: bool = False
    inline_reasoning: bool = True

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """OpenAI's error object, with the gateway's reasons and request id."""
        return orjson.dumps(error_document(error, request_id))

    def models(self, names: Iterable[str]) -> bytes:
        """The list of models; see :func:`model_list`."""
        return model_list(names)


def model_list(names: Iterable[str]) -> bytes:
    """The list of models for the SDKs of OpenAI and of Anthropic, which both request ``/v1/models``.

    Creation times are not known; the epoch is given.
    """
    data = [
        {
            "id": name,
            "object": "model",
            "created": 0,
            "owned_by": "sekisho",
            "type": "model",
            "display_name": name,
            "created_at": "1970-01-01T00:00:00Z",
        }
        for name in names
    ]
    # Anthropic's SDK pages by these.
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
    return orjson.dumps({"object": "list", "data": data, "has_more": False, **ends})
