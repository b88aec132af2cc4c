"""Which texts of an outgoing document can be the caller's, in each format.

The gateway's own words are not: field names, roles, types, the name of the model, parameters that presets and quotas set, the
providers that a router may use, and the sentences that litellm adds.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from gateway.dialects.anthropic.fields import REQUEST as ANTHROPIC
from gateway.dialects.core.fields import TYPE, open_object
from gateway.dialects.core.json_schema import SCHEMA
from gateway.dialects.core.leaves import PlacedText, embedded_texts, placed_texts
from gateway.dialects.core.shapes import Shape
from gateway.dialects.openai.completions import REQUEST as COMPLETIONS
from gateway.dialects.openai.embeddings import REQUEST as EMBEDDINGS
from gateway.dialects.openai.fields import REQUEST as CHAT
from gateway.dialects.outgoing.bedrock import REQUEST as BEDROCK
from gateway.dialects.outgoing.gemini import REQUEST as GEMINI
from gateway.types import Json, WireFormat

_CUT: Final = "\0"
"""In place of a sentence of litellm's: a character of no kind, so that what is next to it has a boundary."""

_ROUTER: Final = Shape(recursive=True, scanned=False, key_check=lambda _: True)
"""The preferences of a router, which only the gateway writes: a caller's are refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Format:
    shape: Shape
    added: re.Pattern[str] | None = None
    """What litellm writes into a text, as a whole or around the caller's words."""
    writes_calls: bool = False
    """Whether litellm writes calls of tools as text, where the request declares no tools."""


def _openai(shape: Shape) -> Shape:
    return replace(shape, fields={**shape.fields, "provider": _ROUTER})


def _translated(shape: Shape, *added: str) -> _Format:
    # The marks of `text.own_words` are lost in the translation: so the words that the neutral forms add are here again.
    # litellm may join texts without a space, so what follows "Error:" can be any character.
    own = (r"\AError:", r"\Acall_[0-9]{1,5}\Z", r"\Aoutput\Z", r"\Ajson_tool_call\Z")
    return _Format(shape=shape, added=re.compile("|".join((*own, *added))))


_DUMMY_TOOL: Final = r"\AThis is a dummy tool call\Z|\Adummy_tool\Z"
# litellm writes the bounds of a schema that Anthropic does not take as a note into the description. A bound that is too large for
# 32 bits is one of the caller's numbers, in a schema too (`core.json_schema`).
_BOUND: Final = r"(?:-?(?:[0-9]{1,9}|[1-3][0-9]{9})(?:\.[0-9]{1,6})?(?![0-9]))?"
_NOTES: Final = (
    rf"\bNote: |\b(?:exclusive )?(?:minimum|maximum) (?:value|length|number of [a-z ]{{5,20}}): {_BOUND}"
    rf"|\bmust be a multiple of {_BOUND}|\ball array items must be unique\b"
    r"|\b(?:array must contain an item matching|leading items must match, in order|dependent required properties"
    r"|properties whose names match each pattern must satisfy|property names must satisfy|dependent schemas"
    r"|unevaluated properties must satisfy|conditional \((?:if|then|else)\)|must not match): "
)
# "[tool call ID: NAME(ARGUMENTS)]", one a line behind the words of the turn: what is a name or a key in the request is one here too.
_WRITTEN_CALL: Final = re.compile(
    r"^\[tool call(?: ([^:\n]{0,256}))?: ([A-Za-z0-9_.-]{1,128})\(", re.MULTILINE
)
_CALL_END: Final = ")]"
_WRITTEN_RESULT: Final = re.compile(r"\[tool result for ([^:\n]{1,256}): ")
_RESULT_END: Final = "]"
_NO_RESULT: Final = r"\A<non-text tool result omitted>\Z"
_EMPTY: Final = r"\A\[System: Empty message content sanitised to satisfy protocol\]\Z"
_OUTPUT_FORMAT: Final = open_object({"type": TYPE, "schema": SCHEMA})

_FORMATS: Final[Mapping[WireFormat, _Format]] = {
    # Families of litellm use it too.
    "chat.completions": _translated(_openai(CHAT)),
    "completions": _Format(shape=_openai(COMPLETIONS)),
    "embeddings": _Format(shape=_openai(EMBEDDINGS)),
    "anthropic": _translated(
        replace(ANTHROPIC, fields={**ANTHROPIC.fields, "output_format": _OUTPUT_FORMAT}),
        _EMPTY,
        _DUMMY_TOOL,
        _NOTES,
    ),
    "gemini": _translated(GEMINI),
    "bedrock": replace(_translated(BEDROCK, _DUMMY_TOOL, _NO_RESULT), writes_calls=True),
}


def outgoing_texts(document: Json, form: WireFormat) -> Iterator[PlacedText]:
    """Every text of a document that can be the caller's, and its place.

    Args:
        document: the document that is about to be sent.
        form: its format.
    """
    known = _FORMATS[form]
    for found in placed_texts(document, known.shape):
        pieces = _written(found) if known.writes_calls else (found,)
        for text, place in pieces:
            yield PlacedText(text if known.added is None else known.added.sub(_CUT, text), place)


def _written(found: PlacedText) -> Iterator[PlacedText]:
    """The pieces of a text in which litellm wrote calls of tools, or a result; else the text."""
    text = found.text
    result = _WRITTEN_RESULT.match(text)
    if result is not None and text.endswith(_RESULT_END):
        yield PlacedText(result[1], "prose")
        yield PlacedText(text[result.end() : -len(_RESULT_END)], "prose")
        return
    calls = list(_WRITTEN_CALL.finditer(text))
    ends = [*(call.start() - 1 for call in calls[1:]), len(text)]
    if not calls or not all(text.endswith(_CALL_END, 0, end) for end in ends):
        yield found
        return
    if calls[0].start():
        yield PlacedText(text[: calls[0].start() - 1], found.place)
    for call, end in zip(calls, ends, strict=True):
        yield PlacedText(call[1] or "", "prose")
        yield PlacedText(call[2], "tool_name")
        yield from embedded_texts(text[call.end() : end - len(_CALL_END)])
