"""JSON inside strings."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.text.embedded_json import escape, literals, readings, unescape

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


def leaves(value: object) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [p for k, v in value.items() for p in [("key", str(k)), *leaves(v)]]
    if isinstance(value, list):
        return [p for v in value for p in leaves(v)]
    if isinstance(value, str):
        return [("string", value)]
    if isinstance(value, int) and not isinstance(value, bool):
        return [("number", str(value))]
    return []


@given(VALUES, st.booleans())
def test_every_leaf_is_a_literal(value: object, ascii_only: bool) -> None:
    raw = json.dumps(value, ensure_ascii=ascii_only)
    found = literals(raw)
    assert found is not None
    read = [
        (part.kind, raw[part.start : part.end])
        if part.kind == "number"
        else (part.kind, unescape(raw, part.start + 1, part.end - 1)[0])
        for part in found
    ]
    assert read == leaves(value)


def test_context_and_invalid_json() -> None:
    found = literals('{"user": {"password": "hunter22"}, "n": [1, "x"]}')
    assert found is not None
    assert [(p.kind, p.key) for p in found if p.kind != "key"] == [
        ("string", "password"),
        ("number", "n"),
        ("string", "n"),
    ]
    assert literals('{"open": "') is None
    assert literals("") is None


@given(st.text())
def test_escape_and_unescape_are_inverse(value: str) -> None:
    escaped = escape(value)
    text, offsets = unescape(escaped, 0, len(escaped))
    assert text == value
    assert len(offsets) == len(text) + 1


def test_offsets_point_at_the_escapes() -> None:
    raw = r"a\u00e9\ud83d\ude00\"b"
    text, offsets = unescape(raw, 0, len(raw))
    assert text == 'aé😀"b'
    assert list(offsets) == [0, 1, 7, 19, 21, 22]


def test_B04_what_json_has_no_escape_for_is_text() -> None:
    for raw in (
        r"Kenji\_Tanaka",
        r"ab\qcd\efgh".replace(r"\ef", r"\xf"),
        r"\ud83d",
        r"\udE00 x",
        r"\u00",
        "a\\",
    ):
        assert unescape(raw, 0, len(raw))[0] == raw
    assert unescape(r"\ud83d\ude00\n", 0, 14)[0] == "😀\n"


@given(st.text(st.sampled_from('\\un"0aé'), max_size=12))
def test_unescape_reads_what_a_parser_reads_and_never_fails(raw: str) -> None:
    text, offsets = unescape(raw, 0, len(raw))
    assert len(offsets) == len(text) + 1
    assert (offsets[0], offsets[-1]) == (0, len(raw))
    try:
        parsed = json.loads(f'"{raw}"')
    except ValueError:
        return
    assert text == parsed


def test_text_is_read_as_written_and_unescaped_up_to_twice() -> None:
    assert [text for text, _ in readings("plain")] == ["plain"]
    assert [text for text, _ in readings(r"a\\u0041")] == [r"a\\u0041", r"a\u0041", "aA"]
    assert [text for text, _ in readings(r"C:\Users")] == [r"C:\Users"]
