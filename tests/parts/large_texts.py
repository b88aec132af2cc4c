"""Texts of 100 KB of all kinds: one text for each kind of cost that a detector or the gateway may have."""

import base64
import json
import random
from collections.abc import Callable
from typing import Final

SIZE: Final = 100_000
_FIRST: Final = "Kenji Maria Ann Robert Yuki Priya Omar Chen Olga Lars".split()
_LAST: Final = "Tanaka Smith Garcia Novak Khan Sato Ivanova Berg Okafor Li".split()
_WORDS: Final = (
    "please review the invoice that we sent to the customer last week and explain why it is late again "
    "because nobody answered our last letter about it"
).split()


def large_texts() -> dict[str, str]:
    """The texts by kind; the same in every run."""
    chance = random.Random(14)
    digits = chance.randrange

    def many(make: Callable[[int], str]) -> str:
        pieces, size = list[str](), 0
        while size < SIZE:
            pieces.append(make(len(pieces)))
            size += len(pieces[-1])
        return "".join(pieces)[:SIZE]

    repeated = {
        "quotes": '"', "digit": "7", "brackets": "[", "parentheses": "()", "braces": "{}", "letter": "a", "Han": "東",
        "kana": "あいうえお", "spaces": " ", "lines": "\n", "at signs": "@", "dots": "a.", "dashes": "1-", "colons": "1:2:3:",
        "percent": "%41", "entities": "&#65;", "escapes": "\\u0041", "emoji": "😀", "backslashes": "\\", "underscores": "_",
        "kanji numerals": "一二三", "zero width": "a\u200b", "capitals": "Aa ", "passwords": "password: ",
        "Japanese": "田中健二の東京都千代田区丸の内一丁目の倉庫から出荷した品物がまだ届いていない。",
    }  # fmt: skip
    people = [
        {"id": i, "name": f"{chance.choice(_FIRST)} {chance.choice(_LAST)}", "amount": digits(9999)}
        for i in range(SIZE // 30)
    ]
    return {
        **{kind: (piece * SIZE)[:SIZE] for kind, piece in repeated.items()},
        "numbers": many(lambda _: f"{digits(10**9)} "),
        "table": many(lambda _: "| " + " | ".join(f"{digits(10**5) / 100}" for _ in range(8)) + " |\n"),
        "JSON": json.dumps(people, separators=(",", ":"))[:SIZE],
        "names": many(lambda _: f"{chance.choice(_FIRST)} {chance.choice(_LAST)}, "),
        "base64": base64.b64encode(chance.randbytes(SIZE * 3 // 4)).decode(),
        "hexadecimal": chance.randbytes(SIZE // 2).hex(),
        "prose": many(lambda _: " ".join(chance.choices(_WORDS, k=15)).capitalize() + ". "),
        "addresses": many(lambda i: f"user{i % 500}@example.com "),
        "URLs": many(lambda i: f"https://example.com/a/{i}?q={digits(10**6)} "),
        "CSV": many(lambda i: f"{i},{chance.choice(_FIRST)},{digits(10**8)},x{i % 500}@a.example\n"),
        "code": many(lambda i: f"def f{i}(self, x: int) -> str:\n    return self.items[{i}]\n"),
        "log": many(lambda i: f"2026-01-02T10:{i % 60:02d}:00Z INFO GET /x/{i} 200 {digits(999)}\n"),
    }  # fmt: skip
