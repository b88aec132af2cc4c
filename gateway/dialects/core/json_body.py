"""Request bodies: UTF-8 JSON (RFC 8259), parsed once and strictly.

Of duplicate keys the last one counts, here and upstream alike: what is sent is serialised from the
parsed document and never copied from the caller's bytes.
"""

import orjson

from gateway.errors import InvalidRequest
from gateway.types import Json


def decode(body: bytes, model: str | None = None) -> dict[str, Json]:
    """The JSON object in ``body``.

    Args:
        body: the bytes as received.
        model: the model named in the path; it replaces the ``model`` of the body.

    Raises:
        InvalidRequest: not UTF-8, not JSON (NaN, byte order marks and lone surrogates are not),
            nested more than a thousand deep, or not an object. The message holds a byte offset,
            never text.
    """
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        message = f"The body is not valid JSON: the error is {_where(error)}."
        raise InvalidRequest(message) from None
    if not isinstance(document, dict):
        raise InvalidRequest("The body must be a JSON object.")
    return document if model is None else {**document, "model": model}


def _where(error: orjson.JSONDecodeError) -> str:
    """Where parsing stopped, in bytes. orjson counts characters, and gives no position in text that is not UTF-8."""
    if error.pos == 0 and not error.doc:
        return "at byte 0, or the body is empty or not UTF-8"
    return f"at byte {len(error.doc[: error.pos].encode())}"
