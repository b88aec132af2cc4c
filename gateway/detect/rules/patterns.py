"""Tier 0 as a whole: every rule that needs no model, over one text.

Under a millisecond for a message of 200 words, in any process: a request's texts, and each piece of a
streamed reply, go through the same function.
"""

from collections.abc import Callable, Iterable
from typing import Final

from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules import identifiers, phones, secret_formats, secrets
from gateway.detect.rules.ja import identifiers as ja
from gateway.detect.rules.rule import PreparedText, found
from gateway.text.fold import Folded, fold

_FINDERS: Final[tuple[Callable[[PreparedText], Iterable[Span]], ...]] = (
    identifiers.cards,
    identifiers.ibans,
    identifiers.addresses,
    phones.phones,
    ja.addresses,
    secret_formats.credentials,
    secrets.keyword_secrets,
    secrets.secrets_by_key,
)
_RULES: Final = (*identifiers.RULES, *secrets.RULES, *ja.RULES)

ENTITIES: Final = frozenset(
    {rule.entity for rule in _RULES}
    | {"CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "LOCATION"}
    | {"JP_ADDRESS", "SECRET_PASSWORD"}
    | secret_formats.ENTITIES
)
"""Every entity that these rules can name."""


def find(folded: str, key: str = "") -> list[Span]:
    """Everything the rules find in folded text, in its offsets; spans may overlap."""
    prepared = PreparedText.of(folded, key)
    spans = found(_RULES, prepared)
    for finder in _FINDERS:
        spans.extend(finder(prepared))
    return spans


def tier0(text: str, key: str = "") -> tuple[Span, ...]:
    """The spans of the deterministic rules, disjoint and sorted, in offsets of ``text``."""
    folded = fold(text)
    return to_original_offsets(resolve_overlaps(find(folded.text, key), folded.text), folded)


def to_original_offsets(spans: tuple[Span, ...], folded: Folded) -> tuple[Span, ...]:
    """The same spans in the offsets of the text that was folded."""
    if folded.offsets is None:
        return spans
    return tuple(_at_offsets(span, *folded.original(span.start, span.end)) for span in spans)


def _at_offsets(span: Span, start: int, end: int) -> Span:
    return Span(start=start, end=end, entity=span.entity, score=span.score, detector=span.detector)
