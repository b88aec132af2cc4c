import pytest

from gateway.detect.rules.ja.tokenizer import JapaneseTokenizer


@pytest.fixture(scope="module")
def words() -> JapaneseTokenizer:
    return JapaneseTokenizer()


def kinds(words: JapaneseTokenizer, text: str) -> list[tuple[str, str]]:
    return [
        pair
        for piece in words.tokenize(text)
        for pair in zip(piece.surfaces, piece.kinds, strict=True)
    ]


def test_words_have_the_kind_that_the_dictionary_gives(words: JapaneseTokenizer) -> None:
    assert kinds(words, "田中健二は東京でペリューに会った") == [
        ("田中", "family"), ("健二", "given"), ("は", ""), ("東京", "place"), ("で", ""),
        ("ペリュー", "unknown"), ("に", ""), ("会っ", ""), ("た", ""),
    ]  # fmt: skip


def test_offsets_are_those_of_the_text(words: JapaneseTokenizer) -> None:
    text = "今日は良い天気です。" * 1_000 + "田中"
    *_, piece = words.tokenize(text)
    last = len(piece) - 1
    assert text[piece.start(last) : piece.end(last)] == piece.surfaces[last] == "田中"


def test_text_without_japanese_has_no_words(words: JapaneseTokenizer) -> None:
    assert kinds(words, "Kenji Tanaka") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("は", []), ("会議", []), ("ロイツェ", ["ロイツェ"]), ("都内で", ["都内"]), ("田中と会議", ["田中"]), ("東京に", ["東京"])],
)  # fmt: skip
def test_where_a_name_may_begin(words: JapaneseTokenizer, text: str, expected: list[str]) -> None:
    (piece,) = words.tokenize(text)
    assert [piece.surfaces[index] for index in piece.candidate_starts()] == expected
