"""Japanese people and places, from SudachiPy's proper nouns and the words next to them.

A family name next to a given name, a name before an honorific and a name after a label have a high score. A name that is
alone has a lower one, and counts when it is long enough or a context word is near it.
"""

import re
from collections.abc import Iterator
from typing import Final

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from gateway.detect.rules.ja.places import place_at, streets
from gateway.detect.rules.ja.tokenizer import KATAKANA, JapaneseTokenizer, TokenizedText
from gateway.detect.windows import JAPANESE

_RECOGNISER: Final = "japanese-names"
_HONORIFICS: Final = frozenset(
    "様 さま さん サン 氏 殿 どの 先生 君 くん ちゃん 部長 課長 係長 社長 会長 次長 主任 専務 常務 室長 所長 "
    "店長 館長 院長 教授 博士 医師 弁護士 議員 大臣 監督 選手 本部長 副社長 取締役 代表 リーダー マネージャー "
    "容疑者 被告 王 公 大統領 首相 女史 夫人 夫妻 嬢".split()
)
_PERSONAL: Final = frozenset("様 さま さん サン 氏 殿 君 くん ちゃん 先生".split())
"""Honorifics that make a person even of a word that the dictionary has as something else."""
_CONTEXT: Final = (
    "氏名 名前 担当 申請者 契約者 お客様 顧客 連絡先 代表 社員 患者 本人 生年月日 宛名 出席者 参加者 名義 よろしく "
    "申します 敬具"
).split()
_NAME: Final = r"[一-龥々ヶァ-ヴーぁ-ん・]{1,8}(?:[ 　][一-龥々ヶァ-ヴーぁ-ん]{1,8})?(?![一-龥々])"
# "は" is also a particle in any sentence (担当は未定です), so after it only a katakana name with a space counts.
_LABELLED: Final = re.compile(
    r"(?:氏名|名前|フリガナ|ふりがな|担当者?|申請者|契約者|宛名|代表者名?|受取人|名義人?|署名|出席者|参加者|"
    r"責任者|患者名?|会員名|顧客名)(?:\([^)]{0,8}\))? ?(?:[:：] ?|は (?=[ァ-ヴー]+ ))"
    rf"(?P<names>{_NAME}(?:[、,] ?{_NAME}){{0,20}})"
)
_LABEL_ENDS: Final = (":", "：", "は ")
"""One of these follows every label."""
_LIST_ITEM: Final = re.compile(r"[^、,]+")
_KANJI: Final = re.compile("[一-龥々]")
_KANA: Final = re.compile("[ぁ-んァ-ヺー]+")
_TITLE: Final = re.compile("[氏様]")
_MAX_NAME: Final = 4
# 氏 and 様 also end ordinary words (両氏, 同様, 奥様) and begin others (氏名, 様子), which the look-arounds exclude.
_NAME_BEFORE_TITLE: Final = re.compile(
    r"(?<![一-龥々])(?:(?![同両各某])[一-龥々]{2,4}(?=氏(?![一-龥々]))"
    r"|(?!皆|奥|神|王|仏|旦那|同様|一様|多様|異様)[一-龥々]{2,3}(?<![者社員主客家族方人長生店屋])(?=様(?![一-龥々子])))"
)
_NAMES: Final = ("family", "given", "person")
_SURE_SCORE, _LONE_NAME_SCORE, _DOUBTFUL_SCORE, _STREET_SCORE = 0.85, 0.55, 0.3, 0.8


class JapaneseNameRecognizer(EntityRecognizer):
    """People, places and addresses in Japanese text."""

    def __init__(self, language: str) -> None:
        super().__init__(
            supported_entities=["JP_ADDRESS", "LOCATION", "PERSON"],
            supported_language=language,
            name=_RECOGNISER,
            context=list(_CONTEXT),
        )

    def load(self) -> None:
        self._tokenizer = JapaneseTokenizer()

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        if JAPANESE.search(text) is None:
            return []
        results = [_result("PERSON", *span, _SURE_SCORE) for span in _labelled_names(text)]
        results += [_result("JP_ADDRESS", *span, _STREET_SCORE) for span in streets(text)]
        for words in self._tokenizer.tokenize(text):
            results += _find_in(words)
        return results


def _labelled_names(text: str) -> Iterator[tuple[int, int]]:
    """Names after a label (one or a list), and names before 氏 or 様 that the dictionary may not have."""
    if any(end in text for end in _LABEL_ENDS):
        yield from _labelled(text)
    for title in _TITLE.finditer(text):
        match = _NAME_BEFORE_TITLE.search(text, max(0, title.start() - _MAX_NAME), title.end() + 1)
        if match is not None and match.end() == title.start():
            yield match.span()


def _labelled(text: str) -> Iterator[tuple[int, int]]:
    for match in _LABELLED.finditer(text):
        start = match.start("names")
        for name in _LIST_ITEM.finditer(match["names"]):
            stripped = name[0].strip(" \u3000")
            begin = start + name.start() + name[0].find(stripped)
            yield begin, begin + len(stripped)


def _result(entity: str, start: int, end: int, score: float) -> RecognizerResult:
    metadata = {RecognizerResult.RECOGNIZER_NAME_KEY: _RECOGNISER}
    return RecognizerResult(entity, start, end, score, recognition_metadata=metadata)


def _find_in(words: TokenizedText) -> Iterator[RecognizerResult]:
    after = 0
    for position in words.candidate_starts():
        if position >= after:
            result, after = _match_at(words, position)
            if result is not None:
                yield result


def _match_at(words: TokenizedText, first: int) -> tuple[RecognizerResult | None, int]:
    """The name or place that begins with this word, if any, and the word to continue at."""
    kind = words.kinds[first]
    last = _foreign_name(words, first) if KATAKANA.match(words.surfaces[first]) else None
    if last is not None:
        return _spanning("PERSON", words, first, last, _SURE_SCORE), last + 1
    place = place_at(words, first)
    if place is not None:
        # 山口 is a prefecture and a family name: 山口様 is a person.
        person = place == first and kind == "place" and _has_personal_honorific(words, first)
        entity, score = ("PERSON", _SURE_SCORE) if person else ("LOCATION", _LONE_NAME_SCORE)
        return _spanning(entity, words, first, place, score), place + 1
    if kind in _NAMES:
        last = _name_end(words, first)
        return _spanning("PERSON", words, first, last, _score(words, first, last)), last + 1
    if kind == "unknown" and _has_personal_honorific(words, first):
        return _spanning("PERSON", words, first, first, _LONE_NAME_SCORE), first + 1
    return None, first + 1


def _spanning(
    entity: str, words: TokenizedText, first: int, last: int, score: float
) -> RecognizerResult:
    return _result(entity, words.start(first), words.end(last), score)


def _foreign_name(words: TokenizedText, first: int) -> int | None:
    """The last part of a name such as カール・バルト: katakana words, one of which the dictionary has as a name."""
    last, named = first, False
    # Every second word is a separator.
    for index in range(first, len(words), 2):
        if not KATAKANA.fullmatch(words.surfaces[index]):
            break
        last, named = index, named or words.kinds[index] in _NAMES
        if index + 1 == len(words) or words.surfaces[index + 1] not in "・=":
            break
    return last if named and last > first else None


def _name_end(words: TokenizedText, first: int) -> int:
    """The last part of a name; parts may be separated by one space or a middle dot."""
    last = first
    while True:
        following = last + 1
        if following < len(words) and words.surfaces[following] in (" ", "\u3000", "・"):
            following += 1
        if following >= len(words) or not _continues(words, last, following):
            return last
        last = following


def _continues(words: TokenizedText, last: int, following: int) -> bool:
    kind = words.kinds[following]
    if kind in _NAMES:
        return True
    # あすか is a given name and a town: after a family name it is the given name.
    apart = following > last + 1 and kind in ("place", "noun", "proper", "unknown")
    return (
        apart
        and words.kinds[last] == "family"
        and _KANA.fullmatch(words.surfaces[following]) is not None
    )


def _score(words: TokenizedText, first: int, last: int) -> float:
    if last > first or _honorific_follows(words, last, _HONORIFICS):
        return _SURE_SCORE
    surface = words.surfaces[first]
    if surface.isascii() or (words.kinds[first] == "given" and not _KANJI.search(surface)):
        return _DOUBTFUL_SCORE
    return _LONE_NAME_SCORE if len(surface) > 1 else _DOUBTFUL_SCORE


def _has_personal_honorific(words: TokenizedText, last: int) -> bool:
    return _honorific_follows(words, last, _PERSONAL)


def _honorific_follows(words: TokenizedText, last: int, honorifics: frozenset[str]) -> bool:
    following = last + 1
    if following < len(words) and words.surfaces[following] == " ":
        following += 1
    return following < len(words) and words.surfaces[following] in honorifics
