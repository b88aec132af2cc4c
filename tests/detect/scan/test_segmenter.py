from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.detect.base import Span
from gateway.detect.scan import segmenter as segmenter_module
from gateway.detect.scan import words as words_module
from gateway.detect.scan.segmenter import (
    MAX_BUFFERED,
    LineSegmenter,
    PatternSegmenter,
    Segmenter,
    Unit,
    WholeSegmenter,
    scan_unit,
)
from gateway.detect.scan.words import may_be_sensitive

KEY = (
    "-----BEGIN RSA PRIVATE KEY-----\n"
    + "MIIEpAIBAAKCAQEA7x\n" * 12
    + "-----END RSA PRIVATE KEY-----"
)
PLANTED = (
    "ann.lee@example.com",
    "４１１１ １１１１ １１１１ １１１１",
    "4111-1111-1111-1111",
    "GB82 WEST 1234 5698 7654 32",
    "de89370400440532013000",
    "(202) 555-0147",
    "+81 90-1234-5678",
    "０３（１２３４）５６７８",
    "090ー1234ー5678",
    "173-08-0256",
    "192.168.1.20",
    "2001:db8::8a2e:370:7334",
    "マイナンバーは1234 5678 9018",
    "〒100-0001",
    "東京都千代田区千代田1丁目2番3号 パレスビル101号室",
    "神奈川県横浜市西区みなとみらい2-3-4",
    "口座番号は普通 1234567",
    "運転免許証番号 123456789012",
    "AB12345678CD",
    "sk-ant-api03-" + "x9Y_" * 8,
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_" + "a1B2" * 9,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2ln",
    "postgres://app:s3cr3t@db.internal:5432/x",
    "password is HunterTwoo",
    "the token for the build is Abcdef99",
    "パスワードはTr0ub4dorです",
    "暗証番号：4821",
    'api_key="abcDEF123456"',
    KEY,
    "taro@\u200bexample.com",
)
ENCODED = (
    "kim%40example.com",
    "%6bim%40example%2Ecom",
    "kim%2540example.com",
    "kim&#64;example.com",
    "kim&#x40;example&period;com",
    "kim&commat;example.com",
    "kim\\u0040example.com",
    "kim\\x40example.com",
    "a2ltQGV4YW1wbGUuY29t",
    "a2ltLmV4YW1wbGUubG9uZy5uYW1lLm9mLmEuY29sbGVhZ3VlLmluLnNhbGVzQGV4YW1wbGUu\nY29tIGlzIG15IGFkZHJlc3M",
    "6b696d406578616d706c652e636f6d",
    "6b 69 6d 40 65 78 61 6d 70 6c 65 2e 63 6f 6d",
    "6b:69:6d:40:65:78:61:6d:70:6c:65:2e:63:6f:6d",
    "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
    "〇九〇一二三四五六七八",
    "〇九〇-一二三四-五六七八",
    "+81%2090%201234%205678",
    "%70assword is Tr0ub4dor",
    "p&#97;ssword is HunterTwoo",
    "４１１１%20１１１１%20１１１１%20１１１１",
)
FILLER = (
    "Please",
    "review",
    "the",
    "invoice,",
    "by",
    "12",
    "May",
    "A",
    "OK",
    "password",
    "お世話になっております。",
    "東京",
    "大阪府",
    "神奈",
    "会議は明日です、",
    "ユーザー",
    "「はい」",
    "**bold**",
    "[PERSON_k7f3q2ab]",
    "-",
    "(see",
    "https://example.com/a?b=1",
    "état",
    "привет",
    "①",
    "\u200b",
    "-----BEGIN",
    "🙂",
    '{"key":"',
    '"}',
    "`code`",
    "100%",
    "a%20b",
    "&amp;",
    "R&D",
    "line\\nline",
    "三",
    "一つ、二つ",
    "二〇二六年",
    "be",
    "ad",
)
BETWEEN = (" ", "\n", "", "  ", "\u3000", ", ", "。", ": ")

piece = st.sampled_from(PLANTED + ENCODED) | st.sampled_from(FILLER) | st.text(max_size=6)
piece |= st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=30)
piece |= st.text(alphabet="0123456789 -.()+", max_size=24)
texts = st.lists(st.tuples(piece, st.sampled_from(BETWEEN)), max_size=14).map(
    lambda pairs: "".join(part + gap for part, gap in pairs)
)


def run(segmenter: Segmenter, pieces: list[str]) -> list[Unit]:
    units = [unit for part in pieces for unit in segmenter.feed(part)]
    return units + segmenter.flush()


def spans(units: list[Unit]) -> list[Span]:
    """The findings of the units, in offsets of the whole text."""
    found, offset = [], 0
    for unit in units:
        if unit.scan:
            found += [
                Span(
                    start=s.start + offset,
                    end=s.end + offset,
                    entity=s.entity,
                    score=s.score,
                    detector=s.detector,
                )
                for s in scan_unit(unit)
            ]
        offset += len(unit.text)
    return found


def joined(units: list[Unit]) -> str:
    return "".join(unit.text for unit in units)


def scanned(units: list[Unit]) -> list[tuple[str, str]]:
    return [(unit.context, unit.text) for unit in units if unit.scan]


def cut(text: str, cuts: list[int]) -> list[str]:
    edges = [0, *sorted(c % (len(text) + 1) for c in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(st.integers(min_value=0), max_size=8))
def test_any_split_gives_the_same_text_the_same_scans_and_the_findings_of_the_whole(
    text: str, cuts: list[int]
) -> None:
    at_once = run(PatternSegmenter(), [text])
    split = run(PatternSegmenter(), cut(text, cuts))
    assert joined(split) == text
    assert scanned(split) == scanned(at_once)
    assert spans(split) == list(scan_unit(Unit(text=text, scan=True)))


class Careful(PatternSegmenter):
    """Never takes the fast path."""

    def _safe_prefix_end(self) -> None:
        return None


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(st.integers(min_value=0), max_size=8))
def test_the_fast_path_gives_the_same_units(text: str, cuts: list[int]) -> None:
    pieces = cut(text, cuts)
    assert run(PatternSegmenter(), pieces) == run(Careful(), pieces)


@settings(max_examples=300, deadline=None)
@given(texts, st.lists(st.integers(min_value=0), max_size=8), st.integers(16, 200))
def test_long_units_have_the_findings_of_the_whole(
    text: str, cuts: list[int], longest: int
) -> None:
    units = run(LineSegmenter(longest), cut(text, cuts))
    assert joined(units) == text
    assert spans(units) == list(scan_unit(Unit(text=text, scan=True)))


@pytest.mark.parametrize("planted", PLANTED + ENCODED)
@pytest.mark.parametrize("before", ["Lines\n" * 8, "One line " * 8, "password: none\n"])
def test_a_value_in_a_long_unit_is_found_wherever_the_unit_ends(planted: str, before: str) -> None:
    text = f"{before}{planted}\n{before}{planted} end\n"
    expected = list(scan_unit(Unit(text=text, scan=True)))
    for longest in range(16, 120, 7):
        assert spans(run(LineSegmenter(longest), [text])) == expected


def test_units_of_complete_texts_are_long_and_end_with_a_line() -> None:
    text = "a line with 12 words and 1 value: ann@example.com\n" * 1000
    units = run(LineSegmenter(), [text])
    assert joined(units) == text
    assert len(units) <= 2 * len(text) / MAX_BUFFERED
    assert all(unit.text.endswith("\n") and len(unit.text) <= MAX_BUFFERED for unit in units)


def test_plain_text_in_long_units_is_not_scanned() -> None:
    assert [u.scan for u in run(LineSegmenter(), ["Plain words only, nothing else.\n"])] == [False]


@pytest.mark.parametrize("planted", PLANTED + ENCODED)
def test_a_value_is_found_when_the_text_comes_character_by_character(planted: str) -> None:
    text = f"お返事です。 Here it is: {planted} と申します。 Thank you."
    units = run(PatternSegmenter(), list(text))
    assert joined(units) == text
    assert spans(units) == list(scan_unit(Unit(text=text, scan=True)))
    assert spans(units)


@pytest.mark.parametrize("planted", PLANTED + ENCODED)
def test_no_part_of_a_value_is_released_before_all_of_it(planted: str) -> None:
    segmenter = PatternSegmenter()
    text = f"Here it is: {planted}"
    first = scan_unit(Unit(text=text, scan=True))[0]
    fed = [segmenter.feed(character) for character in text[: first.end]]
    assert len(joined([unit for units in fed for unit in units])) <= first.start


def test_plain_words_are_released_as_soon_as_they_are_complete() -> None:
    segmenter = PatternSegmenter()
    assert joined(segmenter.feed("Hello wor")) == "Hello "
    assert joined(segmenter.feed("ld, how")) == "world, "
    assert joined(segmenter.feed(" are")) == "how "
    assert joined(segmenter.flush()) == "are"


def test_japanese_is_released_at_once_except_the_beginning_of_a_prefecture() -> None:
    segmenter = PatternSegmenter()
    assert joined(segmenter.feed("本日はお世話に")) == "本日はお世話に"
    assert joined(segmenter.feed("なります。神奈")) == "なります。"
    assert joined(segmenter.feed("の話")) == "神奈の話"


def test_text_without_findings_is_not_scanned() -> None:
    units = run(PatternSegmenter(), list("Plain words only, nothing else. 普通の文です。"))
    assert not any(unit.scan for unit in units)


def test_the_buffer_is_bounded() -> None:
    segmenter = PatternSegmenter()
    text = "a1" * MAX_BUFFERED
    released = joined(
        [
            unit
            for part in cut(text, list(range(0, 2 * MAX_BUFFERED, 97)))
            for unit in segmenter.feed(part)
        ]
    )
    assert len(text) - len(released) <= MAX_BUFFERED


@pytest.mark.parametrize(
    "text", ["x1" * MAX_BUFFERED + " end", "1 " * MAX_BUFFERED, "ก" * (2 * MAX_BUFFERED)]
)
@pytest.mark.parametrize("step", [1000, 8191, 8192, 8193])
def test_a_long_run_is_cut_at_the_same_offsets_for_any_split(text: str, step: int) -> None:
    at_once = run(PatternSegmenter(), [text])
    stepped = run(PatternSegmenter(), [text[i : i + step] for i in range(0, len(text), step)])
    assert joined(stepped) == text
    assert scanned(stepped) == scanned(at_once)


def test_a_segmenter_can_be_flushed_twice() -> None:
    for segmenter in (PatternSegmenter(), LineSegmenter(8), WholeSegmenter()):
        assert joined(run(segmenter, ["call 03-1234-", "5678"])) == "call 03-1234-5678"
        assert segmenter.flush() == []


def test_the_whole_segmenter_releases_one_unit_at_the_end() -> None:
    segmenter = WholeSegmenter()
    assert segmenter.feed("ann@") == []
    assert segmenter.feed("example.com") == []
    assert segmenter.flush() == [Unit(text="ann@example.com", scan=True, context="")]


def test_a_unit_is_scanned_with_the_words_before_it() -> None:
    unit = Unit(text="Abcdef99", scan=True, context="password is ")
    assert [(s.start, s.end, s.entity) for s in scan_unit(unit)] == [(0, 8, "SECRET_PASSWORD")]
    assert scan_unit(Unit(text="Abcdef99", scan=True, context="")) == ()


def test_the_repr_of_a_unit_has_no_text() -> None:
    assert "hunter" not in repr(Unit(text="hunter2", scan=True, context="hunter"))


OPEN_CHAINS = [", ".join(map(str, range(4000))), "x1" * 8000, "12 " * 4000, "1.5;" * 4000]


@pytest.mark.parametrize("text", OPEN_CHAINS, ids=["list", "word", "numbers", "rows"])
def test_B111_a_piece_of_an_open_run_is_read_once(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = 0

    def counting(*arguments: Any) -> bool:
        nonlocal words
        words += 1
        return may_be_sensitive(*arguments)

    for module in (words_module, segmenter_module):
        monkeypatch.setattr(module, "may_be_sensitive", counting)
    segmenter = PatternSegmenter()
    for start in range(0, MAX_BUFFERED - 200, 5):
        segmenter.feed(text[start : start + 5])
    assert words <= MAX_BUFFERED
