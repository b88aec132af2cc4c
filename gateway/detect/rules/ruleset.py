"""All deterministic rules together, applied to one text.

They need no model and take under a millisecond for a message of 200 words, so they run in any process: the texts of
a request, and each piece of a streamed reply, go through the same function.
"""

from typing import Final

from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules import identifiers, phones, secret_formats, secrets
from gateway.detect.rules.languages import LANGUAGES
from gateway.detect.rules.rule import Finder, PreparedText, find_all
from gateway.text.fold import Folded, fold

_LANGUAGES: Final = tuple(LANGUAGES.values())
_FINDERS: Final[tuple[Finder, ...]] = (
    identifiers.cards,
    identifiers.ibans,
    identifiers.addresses,
    phones.phones,
    *(finder for language in _LANGUAGES for finder in language.finders),
    secret_formats.credentials,
    secrets.keyword_secrets,
    secrets.secrets_by_key,
)
_RULES: Final = (
    *identifiers.RULES,
    *secrets.RULES,
    *(rule for language in _LANGUAGES for rule in language.rules),
)

ENTITIES: Final = frozenset(
    {rule.entity for rule in _RULES}
    | {"CREDIT_CARD", "IBAN_CODE", "IP_ADDRESS", "PHONE_NUMBER", "SECRET_PASSWORD"}
    | secret_formats.ENTITIES.union(*(language.entities for language in _LANGUAGES))
)
"""Every entity that these rules can name."""


def find(folded: str, key: str = "") -> list[Span]:
    """Everything that the rules find in folded text, in its offsets; spans may overlap."""
    prepared = PreparedText.of(folded, key)
    spans = find_all(_RULES, prepared)
    for finder in _FINDERS:
        spans.extend(finder(prepared))
    return spans


def apply_rules(text: str, key: str = "") -> tuple[Span, ...]:
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
