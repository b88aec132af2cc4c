"""Texts that cost more than they should where a step is not linear: repeats, runs, look-alikes, and many values.

Each function takes a length in characters and returns a text of about that length.
"""

import base64
import json
from collections.abc import Callable
from typing import Final

Input = Callable[[int], str]


def _repeat(piece: str) -> Input:
    return lambda n: (piece * (n // len(piece) + 1))[:n]


def _word(number: int) -> str:
    """A name of letters, another for each number."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    made = ""
    while True:
        number, rest = divmod(number, 26)
        made += letters[rest]
        if number == 0:
            return made


def _numbered(piece: str) -> Input:
    """A piece again and again, with another number in ``{i}`` and another name in ``{w}`` each time."""

    def make(n: int) -> str:
        width = len(piece) + 2
        return "".join(piece.format(i=i, w=_word(1000 + i)) for i in range(n // width + 1))[:n]

    return make


def _nested_json(n: int) -> str:
    """JSON in a string in JSON, as deep as its escapes allow: each level doubles the backslashes."""
    text = json.dumps({"name": "Anna Weber", "mail": "a@b.example"})
    while len(text) < n:
        text = json.dumps({"inner": text, "other": "x" * (len(text) // 4)})
    return text[:n]


def _base64(n: int) -> str:
    return base64.b64encode(b"Anna Weber <anna.weber@corp.example> " * (n // 40 + 1)).decode()[:n]


def _nested_base64(n: int) -> str:
    text = "card 4111 1111 1111 1111 "
    while len(text) < n:
        text = base64.b64encode(text.encode() * 2).decode()
    return text[:n]


BREAKS: Final[dict[str, Input]] = {
    "B10 accounts": _repeat("GB29NWBK6016 "),
    "B10 streets": _repeat("12 Main Street "),
    "B10 dotted letters": _repeat("a.a."),
    "B10 mixed case": _repeat("aA1"),
    "B10 hexadecimal": _repeat("0x"),
    "B10 escapes": _repeat("\\u0041"),
    "B11 placeholders": _repeat("[A_00000000]"),
    "B11 placeholders of people": _repeat("[PERSON_k7f3q2ab] "),
    "B12 destinations": _repeat("]("),
    "B12 definitions": _repeat("]:[A_00000000]"),
    "B12 tags": _repeat("<a [A_00000000] "),
    "B13 addresses": _numbered("{w}@corp{i}.example "),
    "B13 addresses in Japanese": _numbered("{w}@会社{i}.example へ、"),
    "B110 parentheses": _repeat("("),
    "B110 closing parentheses": _repeat(")"),
    "B110 brackets": _repeat("["),
    "B110 quotes": _repeat("“"),
    "B110 dollars": _repeat("$"),
    "B111 numbers": _numbered("{i}, "),
    "B111 numbers in lines": _numbered("{i}\n"),
    "B112 words": _numbered("{w} "),
    "B112 full width": _repeat("Ａｎｎａ　Ｗｅｂｅｒ　"),
}
"""The inputs of the breaks that were found, and their neighbours."""

RUNS: Final[dict[str, Input]] = {
    "backslashes": _repeat("\\"),
    "backslashes and quotes": _repeat('\\"'),
    "quotes": _repeat('"'),
    "apostrophes": _repeat("'"),
    "ampersands": _repeat("&amp;"),
    "entities": _repeat("&#65;"),
    "percent": _repeat("%25"),
    "percent letters": _repeat("%41"),
    "quoted printable": _repeat("=\n"),
    "quoted printable words": _repeat("ann=\na@cor=\np.example "),
    "one long word": _repeat("a"),
    "one long capital word": _repeat("A"),
    "long words": _repeat("a" * 500 + " "),
    "one-letter words": _repeat("a "),
    "capital letters": _repeat("A "),
    "digits": _repeat("1"),
    "digits with spaces": _repeat("1 "),
    "digits with hyphens": _repeat("1-"),
    "digits with dots": _repeat("12.34."),
    "digits with commas": _repeat("1,"),
    "full width digits": _repeat("１"),
    "kanji numerals": _repeat("一二三四"),
    "zero width": _repeat("\u200b"),
    "zero width in words": _repeat("a\u200bb "),
    "combining marks": _repeat("\u0301"),
    "combined letters": _repeat("e\u0301\u0323"),
    "emoji": _repeat("\U0001f469\u200d\U0001f469\u200d\U0001f467 "),
    "flags": _repeat("\U0001f1ef\U0001f1f5"),
    "right to left marks": _repeat("\u202e\u200fab"),
    "Arabic": _repeat("السلام عليكم "),
    "Hebrew": _repeat("שלום עולם "),
    "Devanagari": _repeat("नमस्ते "),
    "Thai": _repeat("สวัสดีครับ"),
    "Hangul": _repeat("김철수입니다 "),
    "Hangul letters": _repeat("\u1100\u1161\u11a8"),
    "kanji": _repeat("東京都港区"),
    "hiragana": _repeat("あ"),
    "katakana": _repeat("ア"),
    "half width katakana": _repeat("ｶﾞ"),
    "Japanese names": _repeat("田中健二様、"),
    "at signs": _repeat("@"),
    "mailboxes": _repeat("a@"),
    "mailboxes without end": _repeat("a.b-c_d+"),
    "schemes": _repeat("://"),
    "URLs": _repeat("https://a.example/?q=1&r=2 "),
    "one URL": lambda n: ("https://a.example/" + "a/" * n)[:n],
    "dotted names": _repeat("aa.bb.cc."),
    "one dotted name": _repeat("x1."),
    "hyphens": _repeat("-"),
    "underscores": _repeat("_"),
    "slashes": _repeat("/"),
    "colons": _repeat(":"),
    "equals signs": _repeat("="),
    "spaces": _repeat(" "),
    "line ends": _repeat("\n"),
    "tabs": _repeat("\t"),
    "carriage returns": _repeat("\r\n"),
    "braces": _repeat("{"),
    "JSON brackets": _repeat("[{"),
    "angles": _repeat("<"),
    "backticks": _repeat("`"),
    "stars": _repeat("*"),
    "full stops": _repeat("."),
    "commas": _repeat(","),
    "mixed punctuation": _repeat("([{\"'“‘)]}"),
    "private keys without end": _repeat("-----BEGIN PRIVATE KEY-----\n"),
    "secret keywords": _repeat("password: "),
    "secret keywords with values": _repeat("password=x "),
    "thinking": _repeat("<think>"),
}
"""One thing, repeated."""

VALUES: Final[dict[str, Input]] = {
    "one name": _repeat("Anna Weber "),
    "one name in prose": _repeat("Dear Anna Weber, thank you for your letter. "),
    "many names": _numbered("Mr. {w} Weber, "),
    "many addresses": _numbered("u{i}@corp.example "),
    "cards": _repeat("4111 1111 1111 1111 "),
    "cards without spaces": _repeat("4111111111111111 "),
    "accounts": _repeat("DE89 3704 0044 0532 0130 00 "),
    "accounts without spaces": _repeat("DE89370400440532013000"),
    "phone numbers": _repeat("+81 90-1234-5678, "),
    "many phone numbers": _numbered("090-1234-{i:04d}\n"),
    "social security numbers": _repeat("536-22-8726 "),
    "tokens": _numbered("ghp_{i:036d} "),
    "network addresses": _numbered("10.0.{i}.1 "),
    "dates": _repeat("1988-07-22 "),
    "Japanese addresses": _repeat("東京都千代田区丸の内1-2-3 "),
    "log lines": _numbered("2026-01-02T03:04:05Z INFO user{i} logged in from 10.1.2.3\n"),
    "CSV rows": _numbered("{i},Anna Weber,anna{i}@corp.example,4111111111111111\n"),
    "Markdown tables": _numbered("| {i} | {w} | `x` | **b** |\n"),
    "Markdown links": _numbered("[{w}](https://a.example/{i}) "),
    "HTML": _numbered('<a href="https://a.example/{i}">{w}</a>\n'),
    "code": _numbered("def {w}(self, x{i}): return self.{w}[{i}]\n"),
    "tracebacks": _numbered('  File "/usr/lib/{w}.py", line {i}, in {w}\n'),
    "minified JSON": _numbered('{{"id":{i},"name":"{w}","mail":"{w}@x.example"}},'),
    "JSON in strings": _nested_json,
    "base64": _base64,
    "base64 in base64": _nested_base64,
    "hexadecimal": _repeat("416e6e6120576562"),
    "identifiers": _numbered("3f2504e0-4f89-11d3-9a0c-{i:012x} "),
}
"""Texts full of values, and ordinary ones."""

INPUTS: Final[dict[str, Input]] = {**BREAKS, **RUNS, **VALUES}
