"""What every API dialect can do. A dialect does no I/O and holds no state between requests.

Dialects and framers inherit these protocols by name. The members are abstract: to instantiate a class that lacks one is an
error for the type checker, and a ``TypeError`` at run time.
"""

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from gateway.errors import SekishoError
from gateway.types import Call, Event, MaskedCall


class Framer(Protocol):
    """Writes one streamed reply, without I/O; results are whole frames."""

    @property
    @abstractmethod
    def media_type(self) -> str:
        """The content type of the stream."""

    @abstractmethod
    def feed(self, event: Event) -> bytes:
        """The frames that ``event`` makes: often one, sometimes none."""

    @abstractmethod
    def comment(self) -> bytes:
        """A frame that clients ignore; it keeps the connection open while text is held back."""

    @abstractmethod
    def error(self, error: SekishoError, request_id: str) -> bytes:
        """The frame that ends a reply which failed; nothing may follow it."""

    @abstractmethod
    def done(self) -> bytes:
        """The frames that end a complete reply."""


class Dialect(Protocol):
    """One vendor's API."""

    @property
    @abstractmethod
    def name(self) -> str:
        """The stable name that policies and audit records use."""

    @property
    @abstractmethod
    def sequential(self) -> bool:
        """Whether a reply is a sequence of blocks, each of which ends before the next begins."""

    @property
    @abstractmethod
    def inline_reasoning(self) -> bool:
        """Whether reasoning that the model writes into its text may stay in the text."""

    @property
    @abstractmethod
    def operations(self) -> tuple[str, ...]:
        """The operations that :meth:`parse` accepts, such as ``chat.completions``."""

    @abstractmethod
    def parse(self, body: bytes, operation: str, model: str | None = None) -> Call:
        """Read a request body.

        Args:
            body: the bytes as received.
            operation: one of :attr:`operations`.
            model: the model named in the path; it takes precedence over the one in the body.

        Raises:
            InvalidRequest: the body is not what the API accepts; ``param`` is the JSON path.
            UnsupportedField: a field is unknown, not served, or names a route or a credential.
        """

    @abstractmethod
    def rebuild(
        self, call: Call, replacements: Mapping[int, str], redactions: Mapping[str, int]
    ) -> MaskedCall:
        """The call with new texts in place of segments; ``call`` itself is not changed.

        Args:
            call: the result of :meth:`parse`.
            replacements: the new text by index into ``call.segments``.
            redactions: how many spans were replaced, by entity.

        Raises:
            RedactionFailed: the text of a segment can't be replaced.
        """

    @abstractmethod
    def framer(self, call: Call) -> Framer:
        """A framer for one streamed reply to ``call``."""

    @abstractmethod
    def assemble(self, call: Call, events: Sequence[Event]) -> bytes:
        """The whole reply to ``call`` as a JSON document.

        Raises:
            UpstreamFailed: the events are not a complete reply.
        """

    @abstractmethod
    def error(self, error: SekishoError, request_id: str) -> bytes:
        """The dialect's error object."""

    @abstractmethod
    def models(self, names: Iterable[str]) -> bytes:
        """The dialect's list of models."""
