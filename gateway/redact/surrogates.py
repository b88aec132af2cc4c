"""Surrogates: another value of the same form replaces a value, and is restored in the reply.

A surrogate is derived from a keyed digest of the value, so under a tenant's key it is the same in this request and the next. Letters
are replaced by letters and digits by digits; separators and length stay, and check digits are valid. Host names and IP addresses
are those reserved for documentation (RFC 2606, RFC 5737, RFC 3849), so they belong to no one.
"""

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gateway.text.check_digits import corporate_number, iban, luhn, my_number, us_ssn
from gateway.text.fold import fold
from gateway.text.request_text import RequestText
from gateway.types import Allows

MAX_LENGTH: Final = 256
"""Maximum length of a surrogate, and thus of the text that a restorer holds."""
_MAX_SURROGATES: Final = 500
"""Maximum number of surrogates in a request: a reply is searched for each."""
_MAX_TRIES: Final = 3000
"""Maximum number of draws for one value. An IBAN needs the most: one draw in 97 has valid check digits."""
_MAX_TRIES_PER_REQUEST: Final = 30_000
"""Maximum number of draws for one request. A search of the request's text counts as further draws, by its length."""
_CHARACTERS_PER_TRY: Final = 10_000
_LOWER, _DIGITS, _LEADING = "abcdefghijklmnopqrstuvwxyz", "0123456789", "123456789"
_KATAKANA = "アイウエオカキクケコサシスセソタチツテトナニノハヒフヘマミムメモヤユヨラリルレワ"
_HIRAGANA = "あいうえおかきくけこさしすせそたちつてとなにのはひふへまみむめもやゆよらりるれわ"
_KANJI = "山川田中村木林森石井上野原島谷本松竹梅藤沢橋坂岡西東南北高大小宮寺池浜崎水瀬平安和正明春秋夏吉久古内外白黒青"
# Parts of addresses, titles and company forms: without them the surrogate would not read as the same kind of value.
_KEPT_KANJI = frozenset("都道府県市区町村郡丁目番地号室階様氏君殿社会株式有限")
_ONSETS = "b d f g h j k l m n p r s t v z br dr kr tr".split()
_VOWELS, _CODAS = "aeiou", "l n r s k m t v".split()
_KEPT_WORDS = frozenset(
    "street st road rd avenue ave lane ln drive dr court ct square sq suite apt floor city town county north south "
    "east west inc ltd llc corp co plc gmbh ag sa kk of the and de da di la le van von mr mrs ms dr prof".split()
)
# Words of alphabets only: kana, kanji and hangul are replaced character by character.
_WORD = re.compile(r"[^\W\d_\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{2,}")
_DATE = re.compile(r"([0-9]{4})([-/.年])([0-9]{1,2})([-/.月])([0-9]{1,2})(日?)")
_NAMES = frozenset({"PERSON", "LOCATION", "ORGANIZATION", "JP_ADDRESS"})
_CHECK_DIGITS: Final[Mapping[str, Callable[[str], bool]]] = {
    "CREDIT_CARD": luhn,
    "IBAN_CODE": iban,
    "JP_CORPORATE_NUMBER": corporate_number,
    "JP_INVOICE_NUMBER": lambda written: corporate_number(written[1:]),
    "JP_MY_NUMBER": my_number,
    "US_SSN": us_ssn,
}


class Surrogates:
    """The surrogates of one request.

    Args:
        key: the tenant's placeholder key, 32 bytes.
        text: the request's text. Nothing that occurs in it can be a surrogate, since a reply that quotes
            it would be changed.

    Attributes:
        parts: the words of persons' surrogates, which a reply may use alone, with the words that they replace.
    """

    def __init__(self, key: bytes, text: RequestText) -> None:
        self.parts: dict[str, str] = {}
        self._key = key
        self._text = text
        self._tries_left = _MAX_TRIES_PER_REQUEST
        self._used: set[str] = set()
        self._words: dict[str, str] = {}

    def make(self, entity: str, value: str, allows: Allows) -> str | None:
        """A surrogate for ``value``; ``None`` when none is unused and accepted by ``allows``.

        Also ``None`` when the request has too many surrogates, or has used up its draws.
        """
        if not _distinct(value) or len(value) > MAX_LENGTH or len(self._used) >= _MAX_SURROGATES:
            return None
        is_valid = _check_digit(entity, value)
        for nonce in range(_MAX_TRIES):
            if self._tries_left <= 0:
                return None
            self._tries_left -= 1
            made = self._draw(entity, value, nonce)
            fits = len(made) <= MAX_LENGTH and is_valid(_bare(made)) and allows(made)
            if fits and self._is_free(entity, value, made):
                self._remember(entity, value, made)
                return made
        return None

    def _draw(self, entity: str, value: str, nonce: int) -> str:
        draw = _KeyedChoices(self._key, value, nonce)
        if entity in _NAMES:
            return _shape(_WORD.sub(lambda word: self._word(word[0], nonce), value), draw, _cjk)
        match entity:
            case "EMAIL_ADDRESS":
                return f"{_shape(value.partition('@')[0], draw)}@{draw.pick(_HOSTS)}"
            case "IBAN_CODE":
                return value[:2] + _shape(value[2:], draw)
            case "IP_ADDRESS":
                return _address(value, draw)
            case "URL":
                return _url(value, draw)
            case _:
                dated = _DATE.fullmatch(value)
                return _shape(value, draw) if dated is None else _day(dated, draw)

    def _word(self, word: str, nonce: int) -> str:
        """The same replacement for the same word, so that a surname alone matches the surname in the full name."""
        if word.lower() in _KEPT_WORDS:
            return word
        return self._words.get(word) or _name(word, _KeyedChoices(self._key, word, nonce))

    def _remember(self, entity: str, value: str, made: str) -> None:
        self._used.add(made.casefold())
        words = _word_pairs(value, made)
        self._words.update(words)
        if entity == "PERSON" and len(words) > 1:
            self.parts.update((drawn, word) for word, drawn in words.items())

    def _is_free(self, entity: str, value: str, made: str) -> bool:
        """Whether it replaces no other value, and neither it nor a word of a name occurs in the request."""
        folded = made.casefold()
        # Made when the first surrogate is drawn, since most requests need none.
        text = self._text.casefolded
        self._tries_left -= len(text) // _CHARACTERS_PER_TRY
        if folded in self._used or folded in text or value.casefold() in folded:
            return False
        words = _word_pairs(value, made) if entity in _NAMES else {}
        return not any(
            drawn.casefold() in text or self.parts.get(drawn, word) != word
            for word, drawn in words.items()
        )


class _KeyedChoices:
    """Choices that are determined by a key, a value and the number of the draw."""

    def __init__(self, key: bytes, value: str, nonce: int) -> None:
        written = f"surrogate\0{nonce}\0{value}".encode("utf-8", "surrogatepass")
        seed = hmac.digest(key, written, hashlib.sha256)
        self._stream = hashlib.shake_256(seed).digest(4 * len(value) + 64)
        self._at = 0

    def pick(self, choices: Sequence[str]) -> str:
        # Four bytes for each choice: the bias of the modulo is negligible.
        number = int.from_bytes(self._stream[self._at : self._at + 4])
        self._at += 4
        return choices[number % len(choices)]


_HOSTS = ("example.com", "example.net", "example.org")
_NETWORKS = ("192.0.2.", "198.51.100.", "203.0.113.")


def _shape(
    value: str, draw: _KeyedChoices, like: Callable[[str, _KeyedChoices], str] | None = None
) -> str:
    """Each character replaced by another of its kind. A leading zero, and the country code after a ``+``, stay."""
    like = like or _same_kind
    code = re.match(r"\+[0-9]{1,2}", value)
    made = [code[0]] if code else []
    leading = code is None
    for character in value[len("".join(made)) :]:
        if not character.isdecimal() or not leading:
            made.append(like(character, draw))
            continue
        leading = False
        made.append(character if int(character) == 0 else _digit(character, draw, _LEADING))
    return "".join(made)


def _same_kind(character: str, draw: _KeyedChoices) -> str:
    if character.islower():
        return draw.pick(_LOWER)
    return draw.pick(_LOWER).upper() if character.isupper() else _cjk(character, draw)


def _cjk(character: str, draw: _KeyedChoices) -> str:
    """A replacement for a digit, kana or kanji. Latin letters stay: in names, whole words are replaced."""
    if character.isdecimal():
        return _digit(character, draw, _DIGITS)
    if "ァ" <= character <= "ヶ":
        return draw.pick(_KATAKANA)
    if "ぁ" <= character <= "ゖ":
        return draw.pick(_HIRAGANA)
    if "\u3400" <= character <= "\u9fff" and character not in _KEPT_KANJI:
        return draw.pick(_KANJI)
    return character


def _digit(character: str, draw: _KeyedChoices, choices: str) -> str:
    """A digit of the same script and width."""
    return chr(ord(character) - int(character) + int(draw.pick(choices)))


def _name(word: str, draw: _KeyedChoices) -> str:
    """A made-up word of syllables, in the same case."""
    syllables = (draw.pick(_ONSETS) + draw.pick(_VOWELS) for _ in range(2))
    made = "".join(syllables) + draw.pick(_CODAS)
    if word.isupper():
        return made.upper()
    return made if word.islower() else made.capitalize()


def _word_pairs(value: str, made: str) -> dict[str, str]:
    """The words of a name, with the words that replace them."""
    words = zip(_WORD.findall(value), _WORD.findall(made), strict=False)
    return {word: drawn for word, drawn in words if word != drawn}


def _address(value: str, draw: _KeyedChoices) -> str:
    if ":" in value:
        groups = ("".join(draw.pick("0123456789abcdef") for _ in range(4)) for _ in range(2))
        return f"2001:db8::{':'.join(groups)}"
    return f"{draw.pick(_NETWORKS)}{int(draw.pick(_DIGITS) + draw.pick(_DIGITS)) + 100}"


def _url(value: str, draw: _KeyedChoices) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator:
        scheme, rest = "", value
    path = rest[len(re.match(r"[^/?#]*", rest)[0]) :]  # type: ignore[index]  # it matches anything
    return f"{scheme}{separator}{_shape('aaaaaa', draw)}.{draw.pick(_HOSTS)}{_shape(path, draw)}"


def _day(dated: re.Match[str], draw: _KeyedChoices) -> str:
    """Another date, up to nine years earlier; days after the 28th are not drawn, so that every month has them."""
    year, after_year, month, after_month, day, end = dated.groups()
    years = int(draw.pick(_LEADING))
    drawn_month = int(draw.pick([str(n) for n in range(1, 13)]))
    drawn_day = int(draw.pick([str(n) for n in range(1, 29)]))
    return (
        f"{int(year) - years:04}{after_year}{drawn_month:0{len(month)}}{after_month}"
        f"{drawn_day:0{len(day)}}{end}"
    )


def _check_digit(entity: str, value: str) -> Callable[[str], bool]:
    """The check that a surrogate must pass: that of its entity, if the value itself passes it."""
    check = _CHECK_DIGITS.get(entity)
    return check if check is not None and _passes(check, _bare(value)) else lambda _: True


def _passes(check: Callable[[str], bool], text: str) -> bool:
    try:
        return check(text)
    except ValueError:
        return False  # a list of the operator may call any text a card number


def _distinct(value: str) -> bool:
    """Whether another value of this form differs from ordinary text: the minimum lengths of ``text.occurrences``."""
    latin = [c for c in value if c.isalnum() and c < "\u3040"]
    return (
        sum(map(str.isalpha, latin)) >= 3
        or len(latin) >= 4
        or sum(c >= "\u3040" for c in value) >= 2
    )


def _bare(value: str) -> str:
    return "".join(c for c in fold(value).text if c.isalnum()).upper()
