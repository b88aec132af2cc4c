"""The wire check finds what masking should have removed, in every spelling, and nothing else."""

import json

import pytest

from gateway.errors import RedactionFailed
from gateway.redact.wire_check import check
from tests.redact.samples import vault


def body(content: str, *, ascii_only: bool = False, nested: bool = False) -> bytes:
    if nested:
        content = json.dumps({"arguments": content}, ensure_ascii=ascii_only)
    return json.dumps({"messages": [{"content": content}]}, ensure_ascii=ascii_only).encode()


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Kenji Tanaka", "dear Kenji Tanaka,"),
        ("Kenji Tanaka", "KENJI\nTANAKA"),
        ("田中健二", "田中健二様"),
        ("090-1234-5678", "０９０１２３４５６７８"),
        ('pass"word\\1', 'it is pass"word\\1'),
        ("taro@example.jp", "はtaro@example.jpです"),
    ],
)
def test_a_value_on_the_wire_refuses(
    value: str, written: str, ascii_only: bool, nested: bool
) -> None:
    request = vault()
    request.put("PERSON", value)
    with pytest.raises(RedactionFailed) as caught:
        check(request, body(written, ascii_only=ascii_only, nested=nested))
    assert value not in str(caught.value)


def test_placeholders_and_other_text_pass() -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    check(request, body(f"{minted} met Tanakamura", nested=True))
    check(vault(), body("Tanaka"))
