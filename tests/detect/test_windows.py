import pytest

from gateway.detect.windows import WINDOW_SIZE, latin_windows, windows, with_short_runs


@pytest.mark.parametrize("text", ["", "short", "a b. " * 100, "x" * 100, "田中です。" * 30])
def test_windows_give_the_text_back(text: str) -> None:
    pieces = list(windows(text, 32))
    assert "".join(piece for _, piece in pieces) == text
    assert all(text.startswith(piece, start) and len(piece) <= 32 for start, piece in pieces)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("aaaa bbbb cccc. dddd", "aaaa bbbb cccc. "),
        ("aaaa bbbb cccc\ndddd eeee", "aaaa bbbb cccc\n"),
        ("ああああああああああああ。いいいいいいいい", "ああああああああああああ。"),
        ("a" * 20, "a" * 16),
    ],
)
def test_a_window_ends_at_a_sentence_or_word_near_its_end(text: str, first: str) -> None:
    assert next(iter(windows(text, 16))) == (0, first)


def test_text_in_latin_script_is_read_whole() -> None:
    text = "no names here, and many words. " * 1_000
    assert list(latin_windows(text)) == list(windows(text))
    assert all(len(piece) <= WINDOW_SIZE for _, piece in latin_windows(text))


def test_of_japanese_text_the_latin_runs_that_may_hold_a_name_are_read() -> None:
    text = "担当は Ann Lee です。型番は abc-1、場所は Paris です"
    read = list(latin_windows(text))
    assert [piece for _, piece in read] == [" Ann Lee ", " Paris "]
    assert all(text.startswith(piece, start) for start, piece in read)


def test_japanese_text_without_a_capitalised_word_is_not_read() -> None:
    assert list(latin_windows("型番は abc-1 です")) == []


@pytest.mark.parametrize(
    "unit", ["(", "[", "“", "$", "=", "_", "([{", "\"$'", "'s", "US$", ":)", "♥", "。", "%"]
)
def test_B110_runs_are_cut_and_every_offset_holds(unit: str) -> None:
    text = f"Ann {unit * 2000} Lee"
    cut = with_short_runs(text)
    assert len(cut) == len(text)
    assert cut.startswith("Ann ")
    assert cut.endswith(" Lee")
    assert max(map(len, cut.split())) <= 48 * 3
    assert all(new in (old, " ") for old, new in zip(text, cut, strict=True))


@pytest.mark.parametrize(
    "text", ["=" * 40, "." * 500, "-" * 500, "a.b.c, (x)", "snake_case_name " * 100, "word " * 1000]
)
def test_ordinary_runs_are_left_as_they_are(text: str) -> None:
    assert with_short_runs(text) == text
