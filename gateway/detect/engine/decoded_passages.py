"""Passages with their decoded variants, and the findings in the variants mapped back to the passages."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.detect.base import Passage, Span
from gateway.detect.overlap import resolve_overlaps
from gateway.text.decoding import DecodedView, decoded_views
from gateway.text.fold import Folded, fold


class ExpandedPassages:
    """Everything that detectors read: the passages, then the decoded variants of each.

    Args:
        passages: the passages to scan.
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
        """The passages and their decoded variants, each to be scanned like a passage."""
        variants = [_variant(self._passages[index], view) for index, view in self._views]
        return [*self._passages, *variants]

    @property
    def folded(self) -> list[Folded]:
        """The text of each of :attr:`passages`, folded."""
        return [*self._folded, *(fold(view.text) for _, view in self._views)]

    def merged(self, found: Sequence[tuple[Span, ...]]) -> list[tuple[Span, ...]]:
        """The findings of each original passage, disjoint and sorted.

        Args:
            found: the findings of each of :attr:`passages`, in its own offsets.
        """
        own = list(found[: len(self._passages)])
        for (index, view), spans in zip(self._views, found[len(self._passages) :], strict=True):
            if spans:
                mapped = [_mapped(span, self._folded[index], view) for span in spans]
                own[index] = resolve_overlaps((*own[index], *mapped), self._passages[index].text)
        return own


def _variant(passage: Passage, view: DecodedView) -> Passage:
    # Where only white space was escaped, no word differs from the passage: running the models twice finds no more.
    return replace(passage, text=view.text, languages=() if view.spaces_only else passage.languages)


def _mapped(span: Span, folded: Folded, view: DecodedView) -> Span:
    # A view decodes folded text, so its offsets go through the view first and then through the folding.
    start, end = folded.original(*view.original_span(span.start, span.end))
    return replace(span, start=start, end=end)
