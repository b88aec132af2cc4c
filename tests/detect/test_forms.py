"""Recall of self-validating values in every form, and texts in two languages."""

import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.presidio import Engine, build
from tests.detect.number_samples import MAKERS, samples
from tests.detect.phone_samples import forms

BOTH = ("en", "ja")
SENTENCES = ("お客様は{}です", "マイナンバー：{}、以上", "Please note {} for the file.", "{}")
JAPANESE = (
    "株式会社隼の田中健二様、東京都港区芝公園4-2-8、090-1234-5678、生年月日は昭和60年4月1日です。"
)
ENGLISH = (
    "Dear Kenji Tanaka, your username is ktanaka85, passport C14216175; mail k.tanaka@example.com."
)


@pytest.fixture(scope="module")
def engine() -> Engine:
    return build(BOTH)


@pytest.mark.parametrize("entity", sorted(MAKERS))
def test_T09_T26_generated_values_are_covered_in_every_form(engine: Engine, entity: str) -> None:
    # Twelve bare digits are 個人番号 only in Japanese text.
    sentences = SENTENCES[:2] if entity == "JP_MY_NUMBER" else SENTENCES
    texts, values = [], []
    for index, written in enumerate(samples(entity, 120)):
        for form in forms(written).values():
            texts.append(sentences[index % len(sentences)].format(form))
            values.append(form)
    found = engine.detect([Passage(text=text) for text in texts])
    for text, value, spans in zip(texts, values, found, strict=True):
        start = text.index(value)
        covered = {i for s in spans for i in range(s.start, s.end)}
        left = [
            i for i in range(start, start + len(value)) if text[i].isalnum() and i not in covered
        ]
        assert not left, text


@pytest.mark.parametrize("gap", ["", " ", "\n", "。"])
def test_a_text_of_two_scripts_loses_nothing_that_its_parts_have(engine: Engine, gap: str) -> None:
    def values(text: str) -> set[str]:
        (spans,) = engine.detect([Passage(text=text, languages=BOTH)])
        return {text[s.start : s.end] for s in spans}

    apart = values(JAPANESE) | values(ENGLISH)
    assert len(apart) >= 8
    for text in (JAPANESE + gap + ENGLISH, ENGLISH + gap + JAPANESE):
        together = values(text)
        assert {v for v in apart if not any(v in t for t in together)} == set()
