"""The shape of a request to Gemini, on Google's own API and on Vertex AI.

Source: https://ai.google.dev/api/generate-content and https://ai.google.dev/api/caching. Names are in camel case there; the API
takes snake case as well, and litellm writes some names in either.
"""

import re
from dataclasses import replace
from typing import Final

from gateway.dialects.core.fields import IDENTIFIER, TOKENS, open_object
from gateway.dialects.core.json_schema import ARGUMENTS, SCHEMA
from gateway.dialects.core.media import base64_of
from gateway.dialects.core.shapes import Shape, array, boolean, enum, integer, number, pattern, text

_CAPITAL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")


def _either(fields: dict[str, Shape]) -> dict[str, Shape]:
    """The fields under both spellings of their names."""
    return {**fields, **{_CAPITAL.sub("_", name).lower(): shape for name, shape in fields.items()}}


_MEDIA_TYPE: Final = pattern("a media type", r"[a-z]{1,20}/[a-z0-9.+-]{1,80}")
# litellm parses the text of a tool's result, so that its keys were prose where they were masked.
_WORDS: Final = Shape(recursive=True, key_place="prose")
_RESPONSE: Final = replace(_WORDS, fields={"content": text()}, additional=_WORDS)

_PART: Final = open_object(
    _either(
        {
            "text": text(),
            "thought": boolean(),
            "thoughtSignature": text("signed"),
            "inlineData": open_object(_either({"mimeType": _MEDIA_TYPE, "data": base64_of("base64")})),
            "fileData": open_object(_either({"mimeType": _MEDIA_TYPE, "fileUri": text()})),
            "functionCall": open_object({"id": text(), "name": IDENTIFIER, "args": ARGUMENTS}),
            "functionResponse": open_object(
                {"id": text(), "name": IDENTIFIER, "response": _RESPONSE}
            ),
        }
    )
)  # fmt: skip
_CONTENT: Final = open_object(
    {"role": enum("user", "model", "function", "system"), "parts": array(_PART)}
)

_FUNCTION: Final = open_object(
    _either(
        {"name": IDENTIFIER, "description": text(), "parameters": SCHEMA, "parametersJsonSchema": SCHEMA}
    )
)  # fmt: skip
_CALLING: Final = open_object(
    _either(
        {"mode": enum("AUTO", "ANY", "NONE", "VALIDATED"), "allowedFunctionNames": array(IDENTIFIER)}
    )
)  # fmt: skip

_GENERATION: Final = open_object(
    _either(
        {
            "temperature": number(),
            "topP": number(),
            "topK": number(-1, 10_000_000),
            "candidateCount": integer(1, 128),
            "maxOutputTokens": TOKENS,
            "stopSequences": array(text()),
            "presencePenalty": number(),
            "frequencyPenalty": number(),
            "seed": integer(-(2**32)),
            "responseMimeType": _MEDIA_TYPE,
            "responseSchema": SCHEMA,
            "responseJsonSchema": SCHEMA,
            "responseModalities": array(enum("TEXT", "text")),
            "thinkingConfig": open_object(
                _either(
                    {
                        "thinkingBudget": integer(-1, 10_000_000),
                        "includeThoughts": boolean(),
                        "thinkingLevel": enum("minimal", "low", "medium", "high"),
                    }
                )
            ),
        }
    )
)

REQUEST: Final = Shape(
    fields=_either(
        {
            "contents": array(_CONTENT),
            "systemInstruction": _CONTENT,
            "tools": array(open_object(_either({"functionDeclarations": array(_FUNCTION)}))),
            "toolConfig": open_object(_either({"functionCallingConfig": _CALLING})),
            "generationConfig": _GENERATION,
        }
    )
)
"""A request of ``generateContent`` or ``streamGenerateContent``."""
