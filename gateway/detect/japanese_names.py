"""Japanese names: SudachiPy's proper nouns, and what stands beside them.

A family name next to a given name, a name before an honorific and a name after a label are sure; a name
that stands alone is less so, and counts when it is long enough or a word near it speaks of people.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts
from sudachipy import Dictionary, Morpheme, SplitMode

from gateway.detect.nlp import JAPANESE, windows

_HONORIFICS: Final = frozenset(
    "様 さま さん サン 氏 殿 どの 先生 君 くん ちゃん 部長 課長 係長 社長 会長 次長 主任 専務 常務 室長 所長 "
    "店長 館長 院長 教授 博士 医師 弁護士 議員 大臣 監督 選手 本部長 副社長 取締役 代表 リーダー マネージャー".split()
)
_CONTEXT: Final = (
    "氏名 名前 担当 申請者 契約者 お客様 顧客 連絡先 代表 社員 患者 本人 生年月日 宛名 出席者 参加者 名義 よろしく "
    "申します 敬具"
).split()
_LABELLED: Final = re.compile(
    r"(?:氏名|お?名前|フリガナ|ふりがな|担当者?|申請者|契約者|宛名|代表者名?|受取人|名義人?|署名|出席者|参加者|"
    r"責任者|患者名?|会員名|顧客名)(?:\([^)]{0,8}\))? ?[:：] ?"
    r"(?P<name>[一-龥々ヶァ-ヴーぁ-ん・]{1,8}(?:[ 　][一-龥々ヶァ-ヴーぁ-ん]{1,8})?)(?![一-龥々])"
)
_KANJI: Final = re.compile("[一-龥々]")
_WINDOW: Final = 4_000
_PAIR, _ALONE, _DOUBTFUL = 0.85, 0.55, 0.3


class JapaneseNameRecognizer(EntityRecognizer):
    """People (and, as far as the dictionary marks them, places) in Japanese text."""

    def __init__(self) -> None:
        super().__init__(
            supported_entities=["PERSON", "LOCATION"],
            supported_language="ja",
            name="japanese-names",
            context=list(_CONTEXT),
        )

    def load(self) -> None:
        self._tokenizer = Dictionary(dict="core").tokenizer(mode=SplitMode.C)

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        if JAPANESE.search(text) is None:
            return []
        results = [
            _result("PERSON", *match.span("name"), _PAIR) for match in _LABELLED.finditer(text)
        ]
        # SudachiPy refuses more than 49,149 bytes at once.
        for offset, window in windows(text, _WINDOW):
            if JAPANESE.search(window):
                results += _names(list(self._tokenizer.tokenize(window)), offset)
        return results


def _result(entity: str, start: int, end: int, score: float) -> RecognizerResult:
    return RecognizerResult(entity_type=entity, start=start, end=end, score=score)


def _names(morphemes: Sequence[Morpheme], offset: int) -> Iterator[RecognizerResult]:
    position = 0
    while position < len(morphemes):
        kind = _kind(morphemes[position])
        if not kind:
            position += 1
            continue
        last = position if kind == "place" else _run_end(morphemes, position)
        start, end = morphemes[position].begin() + offset, morphemes[last].end() + offset
        if kind == "place":
            yield _result("LOCATION", start, end, _ALONE)
        else:
            yield _result("PERSON", start, end, _person_score(morphemes, position, last))
        position = last + 1


def _kind(morpheme: Morpheme) -> str:
    """``family``, ``given``, ``person`` or ``place`` as the dictionary marks it; else empty."""
    _, noun, what, which, *_ = morpheme.part_of_speech()
    if noun != "固有名詞":
        return ""
    if what == "人名":
        return {"姓": "family", "名": "given"}.get(which, "person")
    return "place" if what == "地名" and which != "国" else ""


def _run_end(morphemes: Sequence[Morpheme], first: int) -> int:
    """The last part of a name: parts may be apart by one space or a middle dot."""
    last = first
    while True:
        following = last + 1
        if following < len(morphemes) and morphemes[following].surface() in (" ", "\u3000", "・"):
            following += 1
        if following >= len(morphemes) or _kind(morphemes[following]) not in (
            "family",
            "given",
            "person",
        ):
            return last
        last = following


def _person_score(morphemes: Sequence[Morpheme], first: int, last: int) -> float:
    if last > first or _honorific_follows(morphemes, last):
        return _PAIR
    surface = morphemes[first].surface()
    if _kind(morphemes[first]) == "given" and not _KANJI.search(surface):
        return _DOUBTFUL
    return _ALONE if len(surface) > 1 else _DOUBTFUL


def _honorific_follows(morphemes: Sequence[Morpheme], last: int) -> bool:
    following = last + 1
    if following < len(morphemes) and morphemes[following].surface() == " ":
        following += 1
    return following < len(morphemes) and morphemes[following].surface() in _HONORIFICS
