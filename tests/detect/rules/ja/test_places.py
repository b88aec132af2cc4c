import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.detect.rules.ja.places import STREET, place_at, streets
from gateway.detect.rules.ja.tokenizer import JapaneseTokenizer


@pytest.fixture(scope="module")
def words() -> JapaneseTokenizer:
    return JapaneseTokenizer()


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("大阪競馬場で", "大阪競馬場"),
        ("池袋駅に", "池袋駅"),
        ("日本列島は", "日本列島"),
        ("千住大橋駅の", "千住大橋駅"),
        ("ヴィルヘルムス運河が", "ヴィルヘルムス運河"),
        ("東京都内の", "東京都内"),
        ("東京で", "東京"),
        ("日本の", "日本"),
    ],
)
def test_places_and_facilities_named_after_them(
    words: JapaneseTokenizer, text: str, place: str
) -> None:
    piece = next(words.tokenize(text))
    last = place_at(piece, 0)
    assert last is not None
    assert text[: piece.end(last)] == place


@pytest.mark.parametrize("text", ["会議は", "田中は", "スタッフの", "山の上"])
def test_other_words_begin_no_place(words: JapaneseTokenizer, text: str) -> None:
    assert place_at(next(words.tokenize(text)), 0) is None


@pytest.mark.parametrize(
    ("text", "street"),
    [
        ("住所は横浜市西区みなとみらい2-3-4です", "横浜市西区みなとみらい2-3-4"),
        ("千代田区千代田1丁目2番3号まで", "千代田区千代田1丁目2番3号"),
        ("港区芝公園4-2-8", "港区芝公園4-2-8"),
    ],
)
def test_addresses_without_a_prefecture(text: str, street: str) -> None:
    assert [text[a:b] for a, b in streets(text)] == [street]


@pytest.mark.parametrize(
    "text", ["横浜市は2-3で勝った", "市区町村", "市" * 3_000, "山市" * 3_000 + "1-"]
)
def test_other_text_has_no_street(text: str) -> None:
    assert [text[a:b] for a, b in streets(text) if "横浜" not in text] == []


@given(st.text(st.sampled_from("市区町港千ノの丁目番号12- 、"), max_size=60))
def test_streets_are_found_anywhere_in_a_text(text: str) -> None:
    assert list(streets(text)) == [match.span() for match in STREET.finditer(text)]
