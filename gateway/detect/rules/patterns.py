"""Tier 0 as a whole: every rule that needs no model, over one text.

Under a millisecond for a message of 200 words, in any process: a request's texts, and each piece of a
streamed reply, go through the same function.
"""

from collections.abc import Callable, Iterable
from typing import Final

from gateway.detect.base import Span
from gateway.detect.overlap import resolve
from gateway.detect.rules import generic, phones, secret_formats, secrets
from gateway.detect.rules.ja import identifiers
from gateway.detect.rules.rule import Sight, found
from gateway.text.fold import Folded, fold

_FINDERS: Final[tuple[Callable[[Sight], Iterable[Span]], ...]] = (
    generic.cards,
    generic.ibans,
    generic.addresses,
    phones.phones,
    identifiers.addresses,
    secret_formats.credentials,
    secrets.announced,
    secrets.keyed,
)
_RULES: Final = (*generic.RULES, *secrets.RULES, *identifiers.RULES)

ENTITIES: Final = frozenset(
    {rule.entity for rule in _RULES}
    | {"CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "LOCATION"}
    | {"JP_ADDRESS", "SECRET_PASSWORD"}
    | secret_formats.ENTITIES
)
"""Every entity that these rules can name."""


def find(folded: str, key: str = "") -> list[Span]:
    """Everything the rules find in folded text, in its offsets; spans may overlap."""
    sight = Sight.of(folded, key)
    spans = found(_RULES, sight)
    for finder in _FINDERS:
        spans.extend(finder(sight))
    return spans


def tier0(text: str, key: str = "") -> tuple[Span, ...]:
    """The spans of the deterministic rules, disjoint and sorted, in offsets of ``text``."""
    folded = fold(text)
    return unfolded(resolve(find(folded.text, key), folded.text), folded)


def unfolded(spans: tuple[Span, ...], folded: Folded) -> tuple[Span, ...]:
    """The same spans in the offsets of the text that was folded."""
    if folded.offsets is None:
        return spans
    return tuple(_moved(span, *folded.original(span.start, span.end)) for span in spans)


def _moved(span: Span, start: int, end: int) -> Span:
    return Span(start=start, end=end, entity=span.entity, score=span.score, detector=span.detector)
