"""The coverage contract: each field of each endpoint is scanned, structural, handled or refused.

The table is derived from the shapes by which requests are parsed, so it can't differ from what happens. ``docs/coverage.md``
is generated from it, and a test compares it with the SDKs' own types.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from gateway.dialects.anthropic.fields import COUNT_REQUEST
from gateway.dialects.anthropic.fields import REQUEST as MESSAGES
from gateway.dialects.core.json_schema import ANY_JSON, SCHEMA
from gateway.dialects.core.shapes import NULL, Shape
from gateway.dialects.ollama.fields import CHAT, EMBED, GENERATE
from gateway.dialects.openai.completions import REQUEST as COMPLETIONS
from gateway.dialects.openai.embeddings import REQUEST as EMBEDDINGS
from gateway.dialects.openai.fields import REQUEST as CHAT_COMPLETIONS
from gateway.dialects.responses.fields import REQUEST as RESPONSES
from gateway.errors import UnsupportedField

Kind: TypeAlias = Literal["scanned", "structural", "handled", "refused"]

MEANINGS: Final[dict[Kind, str]] = {
    "scanned": "detectors read it, and what they find is masked (in a name that can't be replaced: refused)",
    "structural": "its value is checked, so that it can hold no free text, and sent on",
    "handled": "the gateway uses it itself, or counts it as a kind of content, or leaves it out by design",
    "refused": "only a harmless value is accepted; the refusal names the field and the remedy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One endpoint's request.

    ``handled`` are the paths, and the names at any depth, that the gateway uses itself. ``other_kinds`` are kinds of objects
    (values of ``type`` or ``role``) that the vendor's API has and the gateway refuses.
    """

    name: str
    shape: Shape
    handled: frozenset[str]
    other_kinds: frozenset[str] = frozenset()


_PURPOSE: Final = "metadata.sekisho_purpose"
_TOOLS_OF_PROVIDERS: Final = (
    "apply_patch code_interpreter computer computer_use_preview custom file_search image_generation "
    "local_shell mcp namespace programmatic_tool_calling shell tool_search web_search "
    "web_search_2025_08_26 web_search_preview web_search_preview_2025_03_11"
)
_ITEMS_OF_PROVIDERS: Final = (
    "additional_tools apply_patch_call apply_patch_call_output code_interpreter_call compaction "
    "compaction_trigger computer_call computer_call_output computer_use configuration_update "
    "custom_tool_call custom_tool_call_output file_search_call image_generation_call item_reference "
    "local_shell_call local_shell_call_output mcp_approval_request mcp_approval_response mcp_call "
    "mcp_list_tools program program_output shell_call shell_call_output tool_search_call "
    "tool_search_output web_search_call"
)
_TOOLS_OF_ANTHROPIC: Final = (
    "advisor_20260301 bash_20250124 browser_toolset_20260801 computer_toolset_20260801 code_execution_20250522 code_execution_20250825 code_execution_20260120 "
    "code_execution_20260521 computer_20250124 computer_20251124 memory_20250818 text_editor_20250124 text_editor_20250429 "
    "text_editor_20250728 tool_search_tool_bm25 tool_search_tool_bm25_20251119 tool_search_tool_regex "
    "tool_search_tool_regex_20251119 web_fetch_20250910 web_fetch_20260209 web_fetch_20260309 "
    "web_fetch_20260318 web_search_20250305 web_search_20260209 web_search_20260318"
)
_BLOCKS_OF_ANTHROPIC: Final = (
    "bash_code_execution_tool_result browser_state code_execution_tool_result container_upload "
    "server_tool_use text_editor_code_execution_tool_result tool_reference tool_search_tool_result "
    "web_fetch_tool_result web_search_tool_result file url code_execution_20250825 code_execution_20260120"
)

_COUNTED: Final = (
    "model cache_control caller citations.enabled eager_input_streaming speed thinking.display "
    "transformations"
)

ENDPOINTS: Final = (
    Endpoint(
        name="POST /v1/chat/completions",
        shape=CHAT_COMPLETIONS,
        handled=frozenset({"model", "stream", "stream_options", _PURPOSE}),
        other_kinds=frozenset({"custom", "grammar", "web_search"}),
    ),
    Endpoint(
        name="POST /v1/completions",
        shape=COMPLETIONS,
        handled=frozenset({"model", "stream", "stream_options"}),
    ),
    Endpoint(
        name="POST /v1/responses",
        shape=RESPONSES,
        handled=frozenset(
            f"model stream stream_options store previous_response_id include annotations logprobs {_PURPOSE}".split()
        ),
        other_kinds=frozenset(
            f"{_TOOLS_OF_PROVIDERS} {_ITEMS_OF_PROVIDERS} grammar program".split()
        ),
    ),
    Endpoint(
        name="POST /v1/embeddings",
        shape=EMBEDDINGS,
        handled=frozenset({"model", "encoding_format"}),
    ),
    Endpoint(
        name="POST /v1/messages",
        shape=MESSAGES,
        handled=frozenset(f"{_COUNTED} stream {_PURPOSE}".split()),
        other_kinds=frozenset(f"{_TOOLS_OF_ANTHROPIC} {_BLOCKS_OF_ANTHROPIC}".split()),
    ),
    Endpoint(
        name="POST /v1/messages/count_tokens",
        shape=COUNT_REQUEST,
        handled=frozenset(_COUNTED.split()),
        other_kinds=frozenset(f"{_TOOLS_OF_ANTHROPIC} {_BLOCKS_OF_ANTHROPIC}".split()),
    ),
    Endpoint(
        name="POST /api/chat", shape=CHAT, handled=frozenset({"model", "stream", "keep_alive"})
    ),
    Endpoint(
        name="POST /api/generate",
        shape=GENERATE,
        handled=frozenset({"model", "stream", "keep_alive", "raw"}),
    ),
    Endpoint(
        name="POST /api/embed",
        shape=EMBED,
        handled=frozenset({"model", "keep_alive", "options"}),
    ),
)


def table(endpoint: Endpoint) -> dict[str, Kind]:
    """What happens to each field that the endpoint knows, by path (``messages[].content[].text``)."""
    rows: dict[str, set[Kind]] = {}
    for path, shape in _fields_below(endpoint.shape, "", ()):
        kind: Kind = "handled" if _is_handled(path, endpoint) else classify(shape)
        rows.setdefault(path, set()).add(kind)
    return {path: _one(kinds) for path, kinds in rows.items()}


def _is_handled(path: str, endpoint: Endpoint) -> bool:
    steps = path.replace("[]", "").split(".")
    # Every run of steps: a name counts at any depth, and a path as a whole.
    inside = {".".join(steps[i:j]) for i in range(len(steps)) for j in range(i + 1, len(steps) + 1)}
    return not endpoint.handled.isdisjoint(inside)


def classify(shape: Shape) -> Kind:
    """What happens to a value of this shape."""
    if shape.error is UnsupportedField and not shape.variants and not shape.items:
        return "refused"
    if shape.modality or (not shape.scanned and shape.fallback is not None):
        return "handled"
    if not shape.scanned and not shape.fields and not shape.variants:
        return "structural"
    return "scanned"


def _one(kinds: set[Kind]) -> Kind:
    """A path may occur in several kinds of objects: scanned in one of them, it is listed as scanned."""
    order: tuple[Kind, ...] = ("scanned", "handled", "structural", "refused")
    return next(kind for kind in order if kind in kinds)


def _fields_below(shape: Shape, path: str, above: tuple[Shape, ...]) -> Iterator[tuple[str, Shape]]:
    """Every field below a shape. JSON Schemas and arbitrary values are not descended into: they are scanned whole."""
    # ``above`` ends the descent into shapes that contain themselves.
    if shape in above or _is_free(shape):
        return
    above = (*above, shape)
    for name, inner in shape.fields.items():
        here = f"{path}.{name}".removeprefix(".")
        # A container that may also be a string is a field itself.
        if not _is_container(inner) or inner.modality or inner.kinds & {str}:
            yield here, inner
        yield from _fields_below(inner, here, above)
    for variant in shape.variants.values():
        yield from _fields_below(variant, path, above)
    if shape.items is not None and shape.items is not shape:
        yield from _fields_below(shape.items, f"{path}[]", above)


def _is_container(shape: Shape) -> bool:
    if _is_free(shape) or shape.kinds == frozenset({NULL}):
        return False
    inside = shape.items if shape.items is not None else shape
    return bool(inside.fields or inside.variants)


def _is_free(shape: Shape) -> bool:
    """Whether it is a JSON Schema or any value, which are scanned whole."""
    return shape.fields is SCHEMA.fields or shape is ANY_JSON
