"""The filter that replaces what the model generated, then restores the caller's own values."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from gateway.detect.base import Span
from gateway.detect.scan.segmenter import Unit
from gateway.redact.generated import RequestSearch, treat, treated_parts
from gateway.reply.channels import Channel
from gateway.reply.portions import PORTION
from gateway.reply.segments import Piece
from gateway.text.decoding import decoded_views
from gateway.text.fold import fold
from gateway.types import Event, Treatment, Vault


class TreatmentFilter:
    """What the caller gets of each piece.

    Args:
        index: searches the request.
        vault: the request's values and replacements.
        treatment: the treatment of each entity in replies.

    Attributes:
        generated: values so far that the request did not contain, by entity.
    """

    def __init__(
        self, *, index: RequestSearch, vault: Vault, treatment: Mapping[str, Treatment]
    ) -> None:
        self.generated: Counter[str] = Counter()
        self._index = DecodingIndex(index)
        self._vault = vault
        self._treatment = treatment

    def feed(
        self, unit: Unit | None, channel: Channel, spans: Sequence[Span]
    ) -> str | Iterator[str]:
        """The text of a unit, treated and restored: at once, or in parts that each take a short time.

        Args:
            unit: the unit; ``None`` where nothing more comes for now, so that the channel releases what it holds.
            channel: its channel.
            spans: the findings in it.

        Raises:
            ContentBlocked: policy blocks an entity that the model generated.
        """
        restorer = channel.restorer
        if unit is None:
            return "" if restorer is None else restorer.flush()
        if spans or len(unit.text) > PORTION:
            return self._parts(unit.text, channel, spans)
        if channel.json is not None:
            channel.json.advance(unit.text)
        return unit.text if restorer is None else restorer.feed(unit.text)

    def name(self, piece: Piece, spans: Sequence[Span]) -> Event | None:
        """The beginning of a tool call, its name treated.

        Raises:
            ContentBlocked: as for :meth:`feed`.
        """
        if piece.header is None or piece.unit is None or not piece.unit.scan:
            return piece.header
        treated = treat(
            piece.unit.text,
            spans,
            index=self._index,
            vault=self._vault,
            treatment=self._treatment,
        )
        self.generated.update(treated.generated)
        return replace(piece.header, name=treated.text)

    def _parts(self, text: str, channel: Channel, spans: Sequence[Span]) -> Iterator[str]:
        parts = treated_parts(
            text,
            spans,
            index=self._index,
            vault=self._vault,
            treatment=self._treatment,
            generated=self.generated,
            json=channel.json,
        )
        restorer = channel.restorer
        return parts if restorer is None else map(restorer.feed, parts)


class DecodingIndex:
    """Searches the request for a value, and for what it is when its escapes and encodings are undone.

    Args:
        index: searches the request for a value as it is written.
    """

    def __init__(self, index: RequestSearch) -> None:
        self._index = index

    def contains(self, value: str) -> bool:
        """Whether the caller sent this value, in this or in plain spelling."""
        return self._index.contains(value) or any(
            self._index.contains(view.text) for view in decoded_views(fold(value).text)
        )
