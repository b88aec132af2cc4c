"""The purpose that a caller declares, in a header or in the request's metadata."""

from collections.abc import Sequence
from typing import Final

from gateway.errors import InvalidRequest

HEADER: Final = b"x-sekisho-purpose"


def declared(headers: Sequence[tuple[bytes, bytes]], in_body: str | None) -> str | None:
    """The one purpose that a request declares, or ``None``.

    Args:
        headers: as ASGI gives them, names in lower case.
        in_body: what the dialect found in the request.

    Raises:
        InvalidRequest: two different ones: which of them would be meant?
    """
    said = {value.decode("latin-1").strip() for name, value in headers if name == HEADER}
    if in_body is not None:
        said.add(in_body)
    if len(said) > 1:
        raise InvalidRequest("The request declares two purposes.", param=HEADER.decode())
    return next(iter(said), None)
