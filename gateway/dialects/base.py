"""What every API dialect can do. A dialect does no I/O and keeps nothing between requests."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from gateway.errors import SekishoError
from gateway.types import Call, Event, MaskedCall


class Framer(Protocol):
    """Writes one streamed reply, without I/O; results are whole frames."""

    @property
    def media_type(self) -> str:
        """The content type of the stream."""

    def feed(self, event: Event) -> bytes:
        """The frames that ``event`` makes, often one, sometimes none."""

    def comment(self) -> bytes:
        """A frame that clients ignore: it keeps the connection open while text is held back."""

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """The frame that ends a broken reply; nothing may follow it."""

    def done(self) -> bytes:
        """The frames that end a complete reply."""


class Dialect(Protocol):
    """One vendor's API."""

    @property
    def name(self) -> str:
        """The stable name, as policies and audit records show it."""

    @property
    def sequential(self) -> bool:
        """Whether a reply is a row of blocks, each of which ends before the next begins."""

    @property
    def inline_reasoning(self) -> bool:
        """Whether reasoning that the model writes into its text has its place there."""

    @property
    def operations(self) -> tuple[str, ...]:
        """The operations that :meth:`parse` understands, such as ``chat.completions``."""

    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body.

        Args:
            body: the bytes, as they came.
            operation: one of :attr:`operations`.
            model: the model that the path names; it goes before the one of the body.

        Raises:
            InvalidRequest: the body is not what the API takes; ``param`` is the JSON path.
            UnsupportedField: a field is unknown, not served, or names a route or a credential.
        """

    def rebuild(
        self, call: Call, replacements: Mapping[int, str], redactions: Mapping[str, int]
    ) -> MaskedCall:
        """The call with new texts in place of segments; the call itself stays as it is.

        Args:
            call: what :meth:`parse` gave.
            replacements: index into ``call.segments`` to the new text.
            redactions: how many spans were replaced, by entity.

        Raises:
            RedactionFailed: a segment can't take a new text.
        """

    def framer(self, call: Call) -> Framer:
        """A framer for one streamed reply to ``call``."""

    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The whole reply to ``call`` as a JSON document.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """

    def error(self, error: SekishoError, request_id: str) -> bytes:
        """The dialect's error object."""

    def models(self, names: Iterable[str]) -> bytes:
        """The dialect's list of models."""
