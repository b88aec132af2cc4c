import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.text.decoding import DEPTH, decoded_views

MAIL = "write to taro@example.com today"
ENCODED = base64.b64encode(MAIL.encode()).decode()


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("taro%40example.com", "taro@example.com"),
        ("%E7%94%B0%E4%B8%AD", "田中"),
        ("taro&#64;example.com", "taro@example.com"),
        ("taro&#x40;example.com", "taro@example.com"),
        ("taro&commat;example.com", "taro@example.com"),
        ("taro\\u0040example.com", "taro@example.com"),
        ("\\ud83d\\ude42 hi", "🙂 hi"),
        ("taro\\x40example.com", "taro@example.com"),
        ('{\\"mail\\":\\"x\\"}', '{"mail":"x"}'),
        ("taro%2540example.com", "taro@example.com"),
        ("4 1 1 1 1 1 1 1 1 1 1 1", "411111111111"),
        ("〇九〇-一二三四-五六七八", "090-1234-5678"),
        (ENCODED, MAIL),
        (ENCODED.rstrip("="), MAIL),
        (base64.urlsafe_b64encode("あ、い。う?え>お".encode()).decode(), "あ、い。う?え>お"),
        (MAIL.encode().hex(), MAIL),
        ("0x" + MAIL.encode().hex(), MAIL),
        (MAIL.encode().hex(" "), MAIL),
    ],
)
def test_T09_decoded_text_is_a_view(written: str, read: str) -> None:
    found = decoded_views(f"a {written}, b")
    assert any(read in view.text for view in found)
    (view,) = [v for v in found if read in v.text][:1]
    start = view.text.index(read)
    assert view.original_span(start, start + len(read)) == (2, 2 + len(written))


def test_a_view_keeps_its_way_back_through_several_encodings() -> None:
    written = f"x {base64.b64encode(f'to taro%40example.com, {ENCODED}'.encode()).decode()} y"
    reads = [view for view in decoded_views(written) if "taro@example.com" in view.text]
    assert len(reads) == 2
    assert {view.original_span(1, 3) for view in reads} == {(2, len(written) - 2)}


def test_at_most_three_nested_encodings_are_undone() -> None:
    text = MAIL
    for _ in range(DEPTH):
        text = base64.b64encode(text.encode()).decode()
    assert any(view.text == MAIL for view in decoded_views(text))
    deeper = base64.b64encode(text.encode()).decode()
    assert not any(view.text == MAIL for view in decoded_views(deeper))


@pytest.mark.parametrize(
    "text",
    ["", "Plain words, a/path/of/words and 100% of it.", "a" * 40, "deadbeef" * 8, "gateway/detect/engine", "AKIAIOSFODNN7EXAMPLE"],
)  # fmt: skip
def test_most_texts_have_no_decoded_view(text: str) -> None:
    assert decoded_views(text) == []


def test_escapes_of_white_space_only_are_distinguished() -> None:
    assert [view.spaces_only for view in decoded_views("one\\ntwo")] == [True]
    assert [view.spaces_only for view in decoded_views("one\\n%74wo")] == [False]


piece = st.sampled_from(
    ["%41", "&#65;", "&amp;", "\\u0041", "\\x41", "\\n", "%", "&#", "\\u", "1 ", "〇", "-", ENCODED, "66 ", "あ", "\ud800"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(piece | st.text(max_size=4), max_size=20).map("".join))
def test_every_range_of_a_view_is_a_range_of_the_text(text: str) -> None:
    for view in decoded_views(text):
        for start in range(len(view.text)):
            first, last = view.original_span(start, start + 1)
            assert 0 <= first < last <= len(text)


@pytest.mark.parametrize(
    "text",
    [
        "A" * 300_000, "%41" * 100_000, "1 " * 100_000, "&amp;" * 50_000, "\\u0041" * 50_000, ("A" * 64 + "\n") * 5_000,
        "〇-" * 100_000, "ab:" * 100_000, "&#" * 100_000, "deadbeef" * 30_000, "\\" * 100_000,
    ],
)  # fmt: skip
def test_hostile_texts_take_no_more_than_linear_time(text: str) -> None:
    assert sum(len(view.text) for view in decoded_views(text)) <= 4 * DEPTH * len(text)
