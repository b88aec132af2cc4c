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


def _openai(shape: Shape) -> _Format:
    return _Format(shape=replace(shape, fields={**shape.fields, "provider": _ROUTER}))


def _translated(shape: Shape, *added: str) -> _Format:
    # The marks of `text.own_words` are lost in the translation: so the words that the neutral forms add are here again.
    own = (r"\AError:(?= |\Z)", r"\Acall_[0-9]{1,5}\Z", r"\Aoutput\Z", r"\Ajson_tool_call\Z")
    return _Format(shape=shape, added=re.compile("|".join((*own, *added))))


_DUMMY_TOOL: Final = r"\AThis is a dummy tool call\Z|\Adummy_tool\Z"
# litellm writes the bounds of a schema that Anthropic does not take as a note into the description.
_NOTES: Final = (
    r"\bNote: |\b(?:exclusive )?(?:minimum|maximum) (?:value|length|number of [a-z ]{5,20}): -?[0-9.]+"
    r"|\bmust be a multiple of -?[0-9.]+|\ball array items must be unique\b"
    r"|\b(?:array must contain an item matching|leading items must match, in order|dependent required properties"
    r"|properties whose names match each pattern must satisfy|property names must satisfy|dependent schemas"
    r"|unevaluated properties must satisfy|conditional \((?:if|then|else)\)|must not match): "
)
# "[tool call ID: NAME(ARGUMENTS)]": what is a name or a key in the request is one here too.
_WRITTEN_CALL: Final = re.compile(r"\[tool call(?: ([^:\n]{0,256}))?: ([^(\n]{1,256})\(")
_CALL_END: Final = ")]"
_EMPTY: Final = r"\A\[System: Empty message content sanitised to satisfy protocol\]\Z"
_OUTPUT_FORMAT: Final = open_object({"type": TYPE, "schema": SCHEMA})

_FORMATS: Final[Mapping[WireFormat, _Format]] = {
    "chat.completions": _openai(CHAT),
    "completions": _openai(COMPLETIONS),
    "embeddings": _openai(EMBEDDINGS),
    "anthropic": _translated(
        replace(ANTHROPIC, fields={**ANTHROPIC.fields, "output_format": _OUTPUT_FORMAT}),
        _EMPTY,
        _DUMMY_TOOL,
        _NOTES,
    ),
    "gemini": _translated(GEMINI),
    "bedrock": replace(
        _translated(BEDROCK, _DUMMY_TOOL, r"\A\[tool result(?: for)?"), writes_calls=True
    ),
}


def outgoing_texts(document: Json, form: WireFormat) -> Iterator[PlacedText]:
    """Every text of a document that can be the caller's, and its place.

    Args:
        document: the document that is about to be sent.
        form: its format.
    """
    known = _FORMATS[form]
    for found in placed_texts(document, known.shape):
        written = _WRITTEN_CALL.match(found.text) if known.writes_calls else None
        if written is not None and found.text.endswith(_CALL_END):
            yield PlacedText(written[1] or "", "prose")
            yield PlacedText(written[2], "tool_name")
            yield from embedded_texts(found.text[written.end() : -len(_CALL_END)])
        else:
            text = found.text if known.added is None else known.added.sub(_CUT, found.text)
            yield PlacedText(text, found.place)
