"""What all of OpenAI's operations say alike: the error object, with the gateway's reasons, and the models."""

from collections.abc import Iterable
from typing import Final

import orjson

from gateway.errors import (
    AddressRefused,
    ClientError,
    InvalidKey,
    PolicyError,
    RateLimited,
    SekishoError,
)
from gateway.types import Json


class OpenAIDialect:
    """The part of a dialect that OpenAI's operations share."""

    name: Final = "openai"
    sequential: bool = False
    inline_reasoning: bool = True

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """OpenAI's error object, with the gateway's reasons and request id in it."""
        return orjson.dumps(error_document(error, request_id))

    def models(self, names: Iterable[str]) -> bytes:
        """The list of models, for SDKs of OpenAI and of Anthropic alike: both ask at ``/v1/models``.

        When a model was made is not known: the epoch.
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
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {}
        return orjson.dumps({"object": "list", "data": data, "has_more": False, **ends})


def error_document(error: SekishoError, request_id: str) -> dict[str, Json]:
    """``{"error": {message, type, param, code, reasons, request_id}}``.

    ``message`` is the public message; ``reasons`` are the rules that refused, each with its id,
    title and remedy.
    """
    return {
        "error": {
            "message": error.message,
            "type": _type(error),
            "param": error.param if isinstance(error, ClientError) else None,
            "code": error.code,
            "reasons": _reasons(error),
            "request_id": request_id,
        }
    }


def _type(error: SekishoError) -> str:
    """OpenAI's coarse kinds, and one of our own for policy."""
    if isinstance(error, InvalidKey):
        return "authentication_error"
    if isinstance(error, RateLimited):
        return "rate_limit_error"
    if error.source == "client":
        return "invalid_request_error"
    return "policy_error" if error.source == "policy" else "server_error"


def _reasons(error: SekishoError) -> list[Json]:
    if not isinstance(error, PolicyError | AddressRefused):
        return []
    return [
        {"id": reason.id, "title": reason.title, "remedy": reason.remedy}
        for reason in error.reasons
    ]
