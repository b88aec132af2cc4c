"""The error object of OpenAI's API, with the gateway's reasons. Other vendors' error objects are built from it."""

from gateway.errors import (
    AddressRefused,
    ClientError,
    InvalidKey,
    PolicyError,
    RateLimited,
    SekishoError,
)
from gateway.types import Json


def error_document(error: SekishoError, request_id: str) -> dict[str, Json]:
    """``{"error": {message, type, param, code, reasons, request_id}}``.

    ``message`` is the public message. ``reasons`` are the rules that refused, each with its id,
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
    """OpenAI's error types, and ``policy_error``, which is the gateway's own."""
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
