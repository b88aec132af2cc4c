import base64
import random
from urllib.parse import quote

import pytest

from gateway.detect.base import Passage, Span
from gateway.detect.engine.decoded_passages import ExpandedPassages
from gateway.detect.rules.ruleset import apply_rules
from gateway.detect.scan.pieces import MARGIN, PIECE, Pieces

KINDS = {
    "prose": "Please review the invoice of last week, and answer. ",
    "minified JSON": '{"id":17,"active":true,"amount":17.25},',
    "one word": "x",
    "digits": "7",
    "quotes": '"',
    "Han": "東京都の倉庫から出荷した品物",
    "escapes": "%E6%97%A5",
    "lines": "\n",
    "base64": "QUJD",
    "keys without an end": "-----BEGIN PRIVATE KEY-----",
}
EMAIL = "kenji.tanaka@example.com"


def _values(text: str) -> list[str]:
    """What the rules find in a text that is cut, decoded views included."""
    pieces = Pieces([Passage(text=text)])
    expanded = ExpandedPassages(pieces.passages)
    found = expanded.merged([apply_rules(p.text, p.key) for p in expanded.passages])
    (spans,) = pieces.merged(found)
    assert [s.start for s in spans] == sorted(s.start for s in spans)
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize("kind", KINDS)
def test_B14_pieces_of_anything_are_bounded_and_hold_all_of_the_text(kind: str) -> None:
    text = (KINDS[kind] * 100_000)[:100_000]
    pieces = Pieces([Passage(text=text)])
    assert max(len(p.text) for p in pieces.passages) <= 8_200 + PIECE + 2 * MARGIN
    whole = [
        (Span(start=0, end=len(p.text), entity="X", score=1, detector="x"),)
        for p in pieces.passages
    ]
    (spans,) = pieces.merged(whole)
    covered = {i for span in spans for i in range(span.start, span.end)}
    assert covered.issuperset(i for i, c in enumerate(text) if c.isalnum())


def test_short_passages_are_left_as_they_are() -> None:
    passages = [Passage(text="a" * PIECE, key="k", languages=("en",)), Passage(text="")]
    assert Pieces(passages).passages == passages


@pytest.mark.parametrize("offset", range(PIECE - 60, PIECE + 40, 3))
@pytest.mark.parametrize("filler", ["word and ", '{"a":1},', "田中様の"])
def test_values_at_a_cut_are_found_once_and_whole(offset: int, filler: str) -> None:
    before = (filler * 1000)[:offset] + " "
    text = f"{before}{EMAIL}, 4111 1111 1111 1111 {filler * 1000}"
    assert _values(text) == [EMAIL, "4111 1111 1111 1111"]


def test_values_without_a_space_between_them_are_all_found() -> None:
    emails = [f"user{n}@example.com" for n in range(2_000)]
    text = "[" + ",".join(f'{{"mail":"{email}"}}' for email in emails) + "]"
    assert _values(text) == emails


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("at", [3_000, 5_000, 17_001, 40_002])
def test_values_in_one_long_encoded_run_are_found(shift: int, at: int) -> None:
    letters = random.Random(at).choices("abcdefghij klm\n", k=60_000)
    plain = "".join(letters[:at]) + f" {EMAIL} " + "".join(letters[at:])
    prefix = "x" * shift + ": "
    for run in (base64.b64encode(plain.encode()).decode(), plain.encode().hex()):
        assert _values(prefix + run)
    japanese = "日本é" * at + f" {EMAIL} " + "語" * 10_000
    assert _values("x" * shift + quote(japanese, safe=""))


@pytest.mark.parametrize("at", range(500, PIECE * 2, 700))
@pytest.mark.parametrize("lines", [20, 60, 100])
def test_a_private_key_is_not_cut(at: int, lines: int) -> None:
    body = "\n".join(["MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj"] * lines)
    key = f"-----BEGIN PRIVATE KEY-----\n{body}\n-----END PRIVATE KEY-----"
    text = ("some words " * 1000)[:at] + "\n" + key + "\n" + "more words " * 1000
    assert _values(text) == [key]


def test_keys_and_languages_reach_every_piece() -> None:
    pieces = Pieces([Passage(text="word " * 5_000, key="note", languages=("en",))]).passages
    assert {(p.key, p.languages) for p in pieces} == {("note", ("en",))}
