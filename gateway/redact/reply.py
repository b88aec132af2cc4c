"""What a model invents: found in its reply, and in no segment of the request."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.errors import ContentBlocked
from gateway.text.occurrences import Occurrences
from gateway.types import Segment, Treatment, Vault


class JsonState:
    """Follows the quotes of JSON text (RFC 8259, section 7) fed piece by piece, split anywhere."""

    def __init__(self) -> None:
        self.inside = False
        self._escaped = False

    def advance(self, text: str) -> None:
        """Move past ``text``; afterwards ``inside`` says whether a string is open."""
        for character in text:
            if self._escaped:
                self._escaped = False
            elif character == "\\":
                self._escaped = self.inside
            elif character == '"':
                self.inside = not self.inside


class Spotted(Protocol):
    """A span that a detector reported, as offsets into the text it was given."""

    @property
    def start(self) -> int: ...
    @property
    def end(self) -> int: ...
    @property
    def entity(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Treated:
    """The text after treatment, and how many invented spans it held by entity."""

    text: str = field(repr=False)
    invented: Mapping[str, int]


class RequestIndex:
    """Answers whether a value stands in the request, by the rule that masking uses."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._texts = [segment.text for segment in segments]

    def contains(self, value: str) -> bool:
        """Whether the caller sent this value, masked or not."""
        return any(value in text for text in self._texts) or bool(
            Occurrences([value]).find(self._texts)
        )


def treat(
    text: str,
    spans: Iterable[Spotted],
    *,
    index: RequestIndex,
    vault: Vault,
    treatment: Mapping[str, Treatment],
    json: JsonState | None = None,
) -> Treated:
    """Replace what the model invented; the caller's own values and placeholders are left alone.

    Args:
        text: a piece of the reply, before restoration.
        spans: what the detectors found in it, disjoint and sorted.
        index: the request.
        vault: its placeholders are the restorer's business.
        treatment: what to do with each entity; one that is not named is replaced.
        json: where the text stands in a JSON document, when it is one: outside a string the
            replacement is quoted, so that the document stays valid.

    Raises:
        ContentBlocked: the policy blocks an entity that was invented.
    """
    spans = list(spans)
    if not spans:
        if json is not None:
            json.advance(text)
        return Treated(text=text, invented={})
    minted = _minted(text, vault)
    pieces: list[str] = []
    invented: Counter[str] = Counter()
    position = 0
    for span in spans:
        if _touches(span, minted) or index.contains(text[span.start : span.end]):
            continue
        invented[span.entity] += 1
        before = text[position : span.start]
        replacement = _replacement(text, span, treatment)
        if json is not None:
            json.advance(before)
            replacement = (
                replacement if json.inside or _kept(span, treatment) else f'"{replacement}"'
            )
            json.advance(text[span.start : span.end])
        pieces += [before, replacement]
        position = span.end
    if json is not None:
        json.advance(text[position:])
    return Treated(text="".join([*pieces, text[position:]]), invented=dict(invented))


def only_stand_ins(text: str, vault: Vault) -> bool:
    """Whether nothing could be invented in a text: it holds stand-ins of this request, and no other word."""
    if "[" not in text and not vault.openings:
        return False
    rest = vault.pattern.sub(lambda m: m[0] if vault.get(m[0]) is None else "", text)
    return not any(map(str.isalnum, rest))


def _minted(text: str, vault: Vault) -> list[tuple[int, int]]:
    return [m.span() for m in vault.pattern.finditer(text) if vault.get(m[0]) is not None]


def _touches(span: Spotted, places: list[tuple[int, int]]) -> bool:
    return any(span.start < end and start < span.end for start, end in places)


def _kept(span: Spotted, treatment: Mapping[str, Treatment]) -> bool:
    return treatment.get(span.entity) == "keep"


def _replacement(text: str, span: Spotted, treatment: Mapping[str, Treatment]) -> str:
    match treatment.get(span.entity, "placeholder"):
        case "keep":
            return text[span.start : span.end]
        case "block":
            raise ContentBlocked(
                f"The model's reply holds {span.entity} data that is not from the request, "
                "which policy blocks."
            )
        case _:
            return f"[{span.entity}]"
