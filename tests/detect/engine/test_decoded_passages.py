"""T09 and T26 for rules and models: however a value is written, all of it is found."""

import base64
from collections.abc import Callable

import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.decoded_passages import ExpandedPassages
from gateway.detect.engine.presidio import Engine, build

BOTH = ("en", "ja")
VALUES = (
    "taro.yamada@example.co.jp", "4111 1111 1111 1111", "090-1234-5678", "1234 5678 9018", "GB82 WEST 1234 5698 7654 32",
    "173-08-0256", "ghp_" + "a1B2" * 9, "203.0.113.9",
)  # fmt: skip


def _wide(value: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value)


def _base64(value: str) -> str:
    return base64.b64encode(f"data: {value}".encode()).decode()


FORMS: tuple[Callable[[str], str], ...] = (
    str,
    _wide,
    "\u200b".join,
    lambda v: f"\u202e{v}\u202c",
    lambda v: v.replace("-", "−"),
    lambda v: "".join(f"{c}\ufe0f" for c in v),
    lambda v: "".join(f"{c}\u0336" for c in v),
    lambda v: "".join(f"{c}\U000e0041" for c in v),
    lambda v: "".join(f"%{b:02X}" for b in v.encode()),
    lambda v: "".join(f"&#{ord(c)};" for c in v),
    lambda v: "".join(f"&#x{ord(c):x};" for c in v),
    lambda v: "".join(f"\\u{ord(c):04x}" for c in v),
    _base64,
    lambda v: _base64(_base64(v)),
    lambda v: f"data: {v}".encode().hex(),
    lambda v: "".join(f"%{b:02X}" for b in _wide(v).encode()),
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(BOTH)


@pytest.mark.parametrize("languages", [(), BOTH], ids=["rules", "models"])
@pytest.mark.parametrize("value", VALUES)
def test_T09_T26_no_part_of_a_value_is_left_in_any_form(
    engine: Engine, value: str, languages: tuple[str, ...]
) -> None:
    for form in FORMS:
        written = form(value)
        text = f"マイナンバー {written} card"
        (spans,) = engine.detect([Passage(text=text, languages=languages)])
        covered = {i for span in spans for i in range(span.start, span.end)}
        left = [
            text[i] for i in range(7, 7 + len(written)) if i not in covered and text[i].isalnum()
        ]
        assert not left, (written, spans)


def test_T09_a_name_in_an_encoding_is_found_by_the_models(engine: Engine) -> None:
    text = "%E7%94%B0%E4%B8%AD%E5%81%A5%E4%BA%8C%E6%A7%98 and &#75;enji"
    (spans,) = engine.detect([Passage(text=text, languages=BOTH)])
    assert next((s.entity, text[s.start : s.end]) for s in spans) == (
        "PERSON", "%E7%94%B0%E4%B8%AD%E5%81%A5%E4%BA%8C",
    )  # fmt: skip


def test_passages_without_encodings_are_read_once() -> None:
    expanded = ExpandedPassages([Passage(text="plain words"), Passage(text="taro%40example.com")])
    assert [p.text for p in expanded.passages] == [
        "plain words", "taro%40example.com", "taro@example.com",
    ]  # fmt: skip
    assert expanded.merged([(), (), ()]) == [(), ()]
