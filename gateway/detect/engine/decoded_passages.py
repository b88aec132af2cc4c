"""Passages with their other readings, and the findings of all of them as findings of the passages."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.detect.base import Passage, Span
from gateway.detect.overlap import resolve_overlaps
from gateway.text.fold import Folded, fold
from gateway.text.views import DecodedView, decoded_views


class ExpandedPassages:
    """What is really read: every passage, then every view of each.

    Args:
        passages: what was asked for.
    """

    def __init__(self, passages: Sequence[Passage]) -> None:
        self._passages = passages
        self._folded = [fold(passage.text) for passage in passages]
        self._views: list[tuple[int, DecodedView]] = [
            (index, view)
            for index, folded in enumerate(self._folded)
            for view in decoded_views(folded.text)
        ]

    @property
    def passages(self) -> list[Passage]:
        """The passages and their views, each to be looked at like a passage."""
        read = [_reading(self._passages[index], view) for index, view in self._views]
        return [*self._passages, *read]

    @property
    def folded(self) -> list[Folded]:
        """The text of each of :attr:`passages`, folded."""
        return [*self._folded, *(fold(view.text) for _, view in self._views)]

    def merged(self, found: Sequence[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
        """The findings of each asked passage, disjoint and sorted, from those of all that was read."""
        own = list(found[: len(self._passages)])
        for (index, view), spans in zip(self._views, found[len(self._passages) :], strict=True):
            if spans:
                original_span = [_located(span, self._folded[index], view) for span in spans]
                own[index] = resolve_overlaps(
                    (*own[index], *original_span), self._passages[index].text
                )
        return own


def _reading(passage: Passage, view: DecodedView) -> Passage:
    return replace(passage, text=view.text, languages=() if view.spaces_only else passage.languages)


def _located(span: Span, folded: Folded, view: DecodedView) -> Span:
    start, end = folded.original(*view.original_span(span.start, span.end))
    return replace(span, start=start, end=end)
