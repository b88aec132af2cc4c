"""Folding, and mapping back to original offsets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.fold import Folded, caseless, fold, utf8_length


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("plain - ASCII", "plain - ASCII"),
        ("０９０－１２３４", "090-1234"),
        ("０９０ー１２３４", "090-1234"),
        ("サーバー", "サーバー"),
        ("ｔａｒｏ＠ｅｘａｍｐｌｅ", "taro@example"),
        ("ta\u200bro@\ufeffx", "taro@x"),
        ("\u202e1234\u202c", "1234"),
        ("ﾀﾛｳ ｶﾞ", "タロウ ガ"),
        ("1‑2–3−4", "1-2-3-4"),
        ("٠١٢", "012"),
        ("㈱", "㈱"),
        ("\U000e0041x", "x"),
        ("e\u0301", "é"),
        ("か\u3099", "が"),
        ("t\u0336a\u0336ro\u20e3", "taro"),
        ("\u0301x", "\u0301x"),
    ],
)
def test_folding(text: str, folded: str) -> None:
    assert fold(text).text == folded


@given(st.text(st.sampled_from("a1\u200b\ufeffｶﾞＡ田ー-０\u00ad😀"), max_size=40), st.data())
def test_T09_a_span_maps_back_to_what_folds_to_it(text: str, data: st.DataObject) -> None:
    folded = fold(text)
    start = data.draw(st.integers(0, len(folded.text)))
    end = data.draw(st.integers(start, len(folded.text)))
    first, last = folded.original(start, end)
    assert 0 <= first <= last <= len(text)
    # The long-sound mark folds by its neighbours, which may be outside of a span.
    assert fold(text[first:last]).text.replace("ー", "-") == folded.text[start:end].replace(
        "ー", "-"
    )


@given(st.text())
def test_caseless_keeps_the_length(text: str) -> None:
    assert len(caseless(text)) == len(text)


def test_ascii_is_returned_as_it_is() -> None:
    text = "x" * 1000
    assert fold(text).text is text


def test_plain_characters_fold_to_themselves_with_or_without_a_mark() -> None:
    for character in map(chr, range(0x10000)):
        alone = fold(character)
        if alone == Folded(text=character):
            # The letter is not plain, so that the text does not take the fast path.
            folded = fold(f"Ａ{character}").text
            assert folded == f"A{character}"


@pytest.mark.parametrize(
    ("text", "length"), [("", 0), ("abc", 3), ("é", 2), ("関所", 6), ("😀", 4), ("\ud83d", 3)]
)
def test_bytes_of_a_text(text: str, length: int) -> None:
    assert utf8_length(text) == length
