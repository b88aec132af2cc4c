"""The search that every leak test relies on must itself find what is there."""

import base64
import json
from urllib.parse import quote

import pytest

from gateway.demo.leaks import leaked_values

VALUES = ("Kenji Tanaka", "4111 1111 1111 1111", "田中健二", 'a"quoted\nvalue')


@pytest.mark.parametrize("value", VALUES)
@pytest.mark.parametrize(
    "spell",
    [
        lambda value: value,
        lambda value: value.upper(),
        quote,
        lambda value: json.dumps({"k": value}),
        lambda value: json.dumps({"k": value}, ensure_ascii=False),
        lambda value: json.dumps({"arguments": json.dumps({"k": value})}),
        lambda value: base64.b64encode(f"the value {value} in a text".encode()).decode(),
        lambda value: f"x{value.encode().hex()}y",
    ],
    ids=["raw", "upper", "url", "json", "json-utf8", "json-in-json", "base64", "hex"],
)
def test_every_spelling_is_seen(value: str, spell: object) -> None:
    assert callable(spell)
    assert leaked_values(str(spell(value)).encode(), VALUES) == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("card ４１１１１１１１１１１１１１１１", "4111 1111 1111 1111"),
        ("card 4111-1111-1111-1111", "4111 1111 1111 1111"),
        ("Ｋｅｎｊｉ　Ｔａｎａｋａ", "Kenji Tanaka"),
    ],
)
def test_other_widths_and_separators_are_seen(text: str, value: str) -> None:
    assert leaked_values(text.encode(), VALUES) == [value]


def test_nothing_is_seen_where_nothing_is() -> None:
    assert (
        leaked_values(b'{"content": "[PERSON_k7f3q2ab] paid with [CREDIT_CARD_0123abcd]"}', VALUES)
        == []
    )
