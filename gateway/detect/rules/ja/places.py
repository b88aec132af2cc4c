"""Japanese places: the dictionary's, facilities named after them, and addresses without a prefecture."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.detect.rules.ja.tokenizer import KATAKANA, TokenizedText

_FACILITY_SUFFIXES: Final = re.compile(
    r"(?:駅|公園|庭園|空港|港|神社|神宮|大社|寺院?|城|橋|川|河|山地?|山脈|岳|峠|峰|諸?島|列島|半島|湾|湖|沼|海|海峡|海岸|平野|盆地|高原|"
    r"砂漠|運河|帝国|王国|共和国|連邦|州|郡|市|区|町|村|街道?|通り|坂|競馬場|オートレース場|球場|競技場|スタジアム|ドーム|ホール|会館|"
    r"劇場|美術館|博物館|図書館|校舎|教会|造船所|ビル|タワー|温泉|遺跡|古墳|地方|地区|地域|線|ダム|支所|役所|役場|キャンパス|広場|病院)$"
)
"""Endings of the names of facilities, landforms and districts."""

_PLACE_SUFFIXES: Final = re.compile(
    r"(?:駅|公園|空港|神社|城|山|島|半島|湖|運河|川|湾|アフリカ|アメリカ|アジア|ヨーロッパ|列島|地方|海峡|競馬場)$"
)
_AREA: Final = re.compile(r"[都道府県市区町村]内$")
_AFTER_KATAKANA: Final = re.compile(
    r"(?:運河|帝国|王国|共和国|海峡|半島|山脈|諸島|湾|湖|川|島|駅|市|州|郡|城)$"
)
"""A katakana word that the dictionary does not have is a place before one of these."""

_MAX_WORDS: Final = 4

_HAN: Final = "一-龥々〆ヶケ"
STREET: Final = re.compile(
    rf"(?:[{_HAN}]{{1,6}}?[市区郡町村]){{1,3}} ?[{_HAN}ァ-ヴーぁ-ん]{{0,12}}?"
    r"(?:[0-9]{1,3}丁目(?: ?[0-9]{1,3}(?:番地?|-)?(?: ?[0-9]{1,3}号?)?)?|[0-9]{1,4}-[0-9]{1,3}(?:-[0-9]{1,4})?(?![0-9-]))"
)
_BLOCK: Final = re.compile(
    rf"[市区郡町村] ?[{_HAN}ァ-ヴーぁ-ん]{{0,12}}?(?:[0-9]{{1,3}}丁目|[0-9]{{1,4}}-[0-9])"
)
"""A part that every street address has and other text seldom. It is searched for first: ``STREET`` begins with any kanji,
so that searching for it alone would be slow on Japanese text."""
_MAX_CITY: Final = 20
"""Maximum length of an address before the character for city, ward or town."""


def place_at(words: TokenizedText, first: int) -> int | None:
    """The last word of the place that begins with word ``first``; ``None`` when none does."""
    surface, kind = words.surfaces[first], words.kinds[first]
    if kind == "place" or (kind == "proper" and _PLACE_SUFFIXES.search(surface)):
        return _extend_to_facility(words, first)
    if len(surface) > 2 and kind == "noun" and _AREA.search(surface):
        return first
    if len(surface) > 2 and KATAKANA.fullmatch(surface):
        return _katakana_place(words, first)
    return None


def _katakana_place(words: TokenizedText, first: int) -> int | None:
    following = first + 1
    if following < len(words) and _AFTER_KATAKANA.fullmatch(words.surfaces[following]):
        return following
    return None


def _extend_to_facility(words: TokenizedText, first: int) -> int:
    """The last word of the facility that the place is the beginning of, or of the place itself."""
    last = first
    for index in range(first + 1, min(first + _MAX_WORDS, len(words))):
        if words.kinds[index] not in ("noun", "unknown", "place", "proper"):
            break
        if _FACILITY_SUFFIXES.search(words.surfaces[index]):
            last = index
    return last


def streets(text: str) -> Iterator[tuple[int, int]]:
    """Addresses that begin with a city or a ward and go down to a block."""
    position = 0
    for block in _BLOCK.finditer(text):
        if block.end() > position:
            match = STREET.search(text, max(position, block.start() - _MAX_CITY))
            # There is none from here to the end, and so none for the later blocks.
            if match is None:
                return
            yield match.span()
            position = match.end()
