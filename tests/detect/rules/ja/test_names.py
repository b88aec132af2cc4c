import pytest

from gateway.detect.engine.nlp import Artifacts, NameNlpEngine
from gateway.detect.rules.ja.names import JapaneseNameRecognizer


@pytest.fixture(scope="module")
def recognizer() -> JapaneseNameRecognizer:
    return JapaneseNameRecognizer("ja")


def found(recognizer: JapaneseNameRecognizer, text: str) -> list[tuple[str, str, float]]:
    artifacts = Artifacts((), "", NameNlpEngine(["ja"]), "ja")
    results = recognizer.analyze(text, [], artifacts)
    return [(r.entity_type, text[r.start : r.end], r.score) for r in results]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("中村 千代と申します", "中村 千代"),
        ("田中健二です", "田中健二"),
        ("鈴木部長に伝えます", "鈴木"),
        ("佐藤さんへ", "佐藤"),
        ("氏名：やまだ たろう", "やまだ たろう"),
        ("担当: ゲーデル・エッシャー", "ゲーデル・エッシャー"),
        ("タカハシ ハナコ様", "タカハシ ハナコ"),
        ("出席者: 中村 千代、エンドウ カナ", "エンドウ カナ"),
        ("伊藤 あすかと申します", "伊藤 あすか"),
        ("カール・バルトは", "カール・バルト"),
        ("顕進氏は", "顕進"),
    ],
)
def test_names_with_a_high_score(recognizer: JapaneseNameRecognizer, text: str, name: str) -> None:
    assert ("PERSON", name, 0.85) in found(recognizer, text)


@pytest.mark.parametrize(
    ("text", "name", "score"), [("山本と会う", "山本", 0.55), ("タロウと会う", "タロウ", 0.3)]
)
def test_a_name_alone_has_a_lower_score(
    recognizer: JapaneseNameRecognizer, text: str, name: str, score: float
) -> None:
    assert found(recognizer, text) == [("PERSON", name, score)]


def test_places(recognizer: JapaneseNameRecognizer) -> None:
    assert found(recognizer, "東京から日本へ") == [
        ("LOCATION", "東京", 0.55), ("LOCATION", "日本", 0.55),
    ]  # fmt: skip


def test_a_place_with_an_honorific_is_a_person(recognizer: JapaneseNameRecognizer) -> None:
    assert found(recognizer, "青葉様より") == [("PERSON", "青葉", 0.85)]


def test_an_address_without_a_prefecture(recognizer: JapaneseNameRecognizer) -> None:
    assert ("JP_ADDRESS", "港区芝公園4-2-8", 0.8) in found(recognizer, "港区芝公園4-2-8です")


@pytest.mark.parametrize("text", ["", "Kenji Tanaka", "今日は良い天気です。", "森の中を歩く"])
def test_other_text_has_no_names(recognizer: JapaneseNameRecognizer, text: str) -> None:
    assert [f for f in found(recognizer, text) if f[2] > 0.5] == []


def test_text_longer_than_the_tokeniser_takes(recognizer: JapaneseNameRecognizer) -> None:
    text = "今日は良い天気です。" * 6_000 + "田中健二様"
    assert found(recognizer, text)[-1] == ("PERSON", "田中健二", 0.85)
