"""The shape of a request to Amazon Bedrock's Converse API.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html.
"""

from dataclasses import replace
from typing import Final

from gateway.dialects.core.fields import IDENTIFIER, TOKENS, open_object
from gateway.dialects.core.json_schema import ANY_JSON, ARGUMENTS, SCHEMA
from gateway.dialects.core.media import base64_of
from gateway.dialects.core.shapes import (
    Shape,
    array,
    enum,
    integer,
    number,
    pattern,
    text,
)

_BYTES: Final = open_object({"bytes": base64_of("base64")})
_IMAGE: Final = open_object({"format": enum("png", "jpeg", "gif", "webp"), "source": _BYTES})
_FORMAT: Final = pattern("a file format", r"[a-z0-9]{1,8}")
_DOCUMENT: Final = open_object({"format": _FORMAT, "name": text(), "source": _BYTES})
_CACHE_POINT: Final = open_object({"type": enum("default"), "ttl": enum("5m", "1h")})
_RESULT: Final = array(
    open_object({"text": text(), "json": ANY_JSON, "image": _IMAGE, "document": _DOCUMENT})
)
_REASONING: Final = open_object(
    {
        "reasoningText": open_object({"text": text(), "signature": base64_of("base64")}),
        "redactedContent": base64_of("base64"),
    }
)

_BLOCK: Final = open_object(
    {
        "text": text(),
        "image": _IMAGE,
        "document": _DOCUMENT,
        "cachePoint": _CACHE_POINT,
        "reasoningContent": _REASONING,
        "toolUse": open_object({"toolUseId": text(), "name": IDENTIFIER, "input": ARGUMENTS}),
        "toolResult": open_object(
            {"toolUseId": text(), "content": _RESULT, "status": enum("success", "error")}
        ),
    }
)

_TOOL: Final = open_object(
    {
        "toolSpec": open_object(
            {"name": IDENTIFIER, "description": text(), "inputSchema": open_object({"json": SCHEMA})}
        ),
        "cachePoint": _CACHE_POINT,
    }
)  # fmt: skip
_CHOICE: Final = open_object(
    {"auto": open_object({}), "any": open_object({}), "tool": open_object({"name": IDENTIFIER})}
)

_JSON_SCHEMA: Final = open_object(
    # The schema is a JSON document in a string.
    {"schema": replace(text(escaping="json"), items=SCHEMA), "name": IDENTIFIER, "description": text()}
)  # fmt: skip
_TEXT_FORMAT: Final = open_object(
    {"type": enum("json_schema"), "structure": open_object({"jsonSchema": _JSON_SCHEMA})}
)
_THINKING: Final = open_object({"type": enum("enabled", "disabled", "adaptive"), "budget_tokens": TOKENS})  # fmt: skip

REQUEST: Final = Shape(
    fields={
        "messages": array(
            open_object({"role": enum("user", "assistant"), "content": array(_BLOCK)})
        ),
        "system": array(_BLOCK),
        "inferenceConfig": open_object(
            {
                "maxTokens": TOKENS,
                "temperature": number(),
                "topP": number(),
                "stopSequences": array(text()),
            }
        ),
        "toolConfig": open_object({"tools": array(_TOOL), "toolChoice": _CHOICE}),
        "outputConfig": open_object({"textFormat": _TEXT_FORMAT}),
        "additionalModelRequestFields": open_object(
            {
                "thinking": _THINKING,
                "top_k": integer(-1, 10_000_000),
                "inferenceConfig": open_object({"topK": integer(-1, 10_000_000)}),
            }
        ),
    }
)
"""A request of ``Converse`` or ``ConverseStream``."""
