"""Which fields of Ollama's API are taken, scanned and refused."""

from typing import Any

import pytest

from gateway.errors import ClientError
from tests.dialects.core.test_media import PNG, TEXT
from tests.dialects.ollama.test_dialect import parse


@pytest.mark.parametrize(
    ("operation", "fields"),
    [
        ("generate", {"context": [1, 2, 3]}),
        ("generate", {"template": "{{ .Prompt }}"}),
        ("generate", {"width": 512}),
        ("chat", {"logprobs": True}),
        ("chat", {"options": {"frobnicate": 1}}),
        ("chat", {"options": {"num_ctx": 4111111111111111}}),
        ("chat", {"frobnicate": 1}),
        ("chat", {"keep_alive": "Kenji Tanaka of Tokyo"}),
        ("chat", {"messages": [{"role": "user", "images": [TEXT]}]}),
        ("embed", {"input": [1, 2]}),
        ("embed", {"input": [[1, 2]]}),
    ],
)
def test_what_can_not_be_scanned_or_sent_on_is_refused(
    operation: str, fields: dict[str, Any]
) -> None:
    with pytest.raises(ClientError):
        parse(operation, **fields)


def test_pictures_are_counted() -> None:
    call = parse(messages=[{"role": "user", "content": "see", "images": [PNG]}])
    assert call.modalities == {"text", "image"}
    assert parse("generate", images=[PNG]).modalities == {"text", "image"}


def test_origins_and_places() -> None:
    call = parse(
        messages=[
            {"role": "system", "content": "be brief"},
            {
                "role": "assistant",
                "thinking": "hm",
                "tool_calls": [{"function": {"name": "pay", "arguments": {"card": 41}}}],
            },
            {"role": "tool", "content": "paid", "tool_name": "pay"},
        ],
        format={"type": "object", "description": "a schema"},
        options={"stop": ["END"]},
    )
    assert [(s.text, s.origin, s.place) for s in call.segments] == [
        ("be brief", "system", "prose"),
        ("hm", "assistant", "prose"),
        ("pay", "assistant", "tool_name"),
        ("card", "assistant", "key"),
        ("41", "assistant", "number"),
        ("paid", "tool", "prose"),
        ("pay", "tool", "tool_name"),
        ("a schema", "schema", "prose"),
        ("END", "other", "prose"),
    ]
