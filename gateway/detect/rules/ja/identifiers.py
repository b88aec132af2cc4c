"""Rules for identifiers, addresses and postcodes of Japan, in folded text.

Forms and check digits are those of the ordinances and pages that ``docs/detection.md`` lists. A number without a
public check digit counts only after its label.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from gateway.detect.base import CERTAIN, Span
from gateway.detect.rules.rule import PreparedText, Rule, context_pattern
from gateway.text.check_digits import corporate_number, insurer_number, my_number, post_bank_account

ADDRESS_REACH: Final = 100
"""Maximum length of an address, in characters."""

ADDRESS_STOP: Final = re.compile(r"[、。,，\n「」『』]|--")
"""An address ends here at the latest."""

_NAMES: Final = (
    "北海道 青森県 岩手県 宮城県 秋田県 山形県 福島県 茨城県 栃木県 群馬県 埼玉県 千葉県 東京都 神奈川県 "
    "新潟県 富山県 石川県 福井県 山梨県 長野県 岐阜県 静岡県 愛知県 三重県 滋賀県 京都府 大阪府 兵庫県 "
    "奈良県 和歌山県 鳥取県 島根県 岡山県 広島県 山口県 徳島県 香川県 愛媛県 高知県 福岡県 佐賀県 長崎県 "
    "熊本県 大分県 宮崎県 鹿児島県 沖縄県"
).split()
PREFECTURE: Final = re.compile("|".join(_NAMES))
PREFECTURE_STARTS: Final = frozenset(name[:size] for name in _NAMES for size in range(1, len(name)))
"""Every proper prefix of a prefecture's name."""

# Not inside a longer number, also one in groups: 1234 5678 9018 within 1234 5678 9018 3456 is part of a card number.
_FREE: Final = r"(?<![A-Za-z0-9])(?<![0-9][ -])"
_ENDS: Final = r"(?![A-Za-z0-9]|[ -][0-9])"
# 々, 〆, ヶ and ケ occur within names that are otherwise kanji: 代々木, 市ヶ谷.
_HAN: Final = "一-龥々〆ヶケ"
_JAPANESE: Final = re.compile("[ぁ-んァ-ヶ一-龥]")
_TWELVE: Final = r"[0-9]{4}([ -]?)[0-9]{4}\1[0-9]{4}"


def _number(
    name: str,
    entity: str,
    pattern: str,
    score: float,
    *labels: str,
    check: Callable[[str], bool] | None = None,
) -> Rule:
    """A number that is not part of a longer one; with labels, it counts only after one of them."""
    return Rule(
        name=name,
        entity=entity,
        pattern=re.compile(_FREE + pattern + _ENDS),
        score=score,
        numeric=True,
        literals=labels,
        context=context_pattern(*labels) if labels else None,
        check=check,
    )


def _not_corporate(number: str) -> bool:
    """A company's registration number is public; a sole trader's is personal data."""
    return not corporate_number(number[1:])


_MY_NUMBER: Final = ("マイナンバー", "個人番号", "my number", "mynumber", "individual number")
_LICENCE: Final = ("免許", "driver's license", "driver's licence", "driver license")
_ACCOUNT: Final = ("口座", "普通", "当座", "預金", "貯蓄", "支店")
_POST_ACCOUNT: Final = ("ゆうちょ", "記号", "郵便貯金")
_INVOICE: Final = ("登録番号", "インボイス", "適格請求書")
_POSTCODE: Final = ("郵便番号", "住所", "postal code", "postcode", "zip")

RULES: Final = (
    _number("my-number", "JP_MY_NUMBER", _TWELVE, CERTAIN, *_MY_NUMBER, check=my_number),
    _number("my-number-labelled", "JP_MY_NUMBER", _TWELVE, 0.8, *_MY_NUMBER),
    _number(
        "my-number-grouped",
        "JP_MY_NUMBER",
        r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}",
        0.6,
        check=my_number,
    ),
    replace(
        _number("my-number-bare", "JP_MY_NUMBER", r"[0-9]{12}", 0.5, check=my_number),
        context=_JAPANESE,
    ),
    _number("driver-license", "JP_DRIVER_LICENSE", r"[0-9]{12}", 0.85, *_LICENCE),
    _number("passport", "JP_PASSPORT", r"[A-Z]{2}[0-9]{7}", 0.85, "旅券", "パスポート", "passport"),
    _number("residence-card", "JP_RESIDENCE_CARD", r"[A-Z]{2}[0-9]{8}[A-Z]{2}", 0.8),
    _number("pension", "JP_PENSION_NUMBER", r"[0-9]{4}-?[0-9]{6}", 0.85, "年金"),
    _number(
        "insurer",
        "JP_HEALTH_INSURANCE",
        r"[0-9]{6}(?:[0-9]{2})?",
        CERTAIN,
        "保険者番号",
        check=insurer_number,
    ),
    replace(
        _number("insured", "JP_HEALTH_INSURANCE", r"[0-9]{1,8}(?:-[0-9]{1,8}){0,2}", 0.7),
        numeric=False,
        literals=("保険証", "被保険者"),
        context=context_pattern(
            r"(?:保険証|被保険者証?)(?:等)?の?(?:記号|番号)[・記番号はが:\s]{0,8}"
        ),
    ),
    _number("resident-code", "JP_RESIDENT_CODE", r"[0-9]{11}", 0.85, "住民票コード"),
    _number("bank-account", "JP_BANK_ACCOUNT", r"[0-9]{7}", 0.8, *_ACCOUNT),
    _number(
        "post-bank-account",
        "JP_BANK_ACCOUNT",
        # The symbol begins with 1 and ends with 0, the number ends with 1.
        r"1[0-9]{3}0-?[0-9]{2,7}1",
        CERTAIN,
        *_POST_ACCOUNT,
        check=post_bank_account,
    ),
    _number(
        "post-bank-account-labelled",
        "JP_BANK_ACCOUNT",
        r"1[0-9]{3}0-?[0-9]{2,7}1",
        0.8,
        *_POST_ACCOUNT,
    ),
    replace(
        _number(
            "post-bank-account-bare",
            "JP_BANK_ACCOUNT",
            r"1[0-9]{3}0-[0-9]{6,7}1",
            0.5,
            check=post_bank_account,
        ),
        context=_JAPANESE,
    ),
    replace(
        _number("post-bank-number", "JP_BANK_ACCOUNT", r"[0-9]{1,7}1", 0.85),
        numeric=False,
        literals=("記号",),
        # The two numbers of one account: 記号 11940 番号 12345671.
        context=re.compile(r"記号[ :は]{0,3}1[0-9]{3}0[^0-9]{1,4}番号[ :は]{0,3}$"),
    ),
    _number(
        "invoice-number", "JP_INVOICE_NUMBER", r"T[0-9]{13}", 0.8, *_INVOICE, check=_not_corporate
    ),
    _number("postcode-labelled", "JP_POSTAL_CODE", r"[0-9]{3}-[0-9]{4}", 0.75, *_POSTCODE),
    Rule(
        name="postcode",
        entity="JP_POSTAL_CODE",
        pattern=re.compile(r"〒 ?[0-9]{3}-?[0-9]{4}(?![0-9])"),
        score=0.95,
        literals=("〒",),
        digits=True,
    ),
)

_NUMERAL: Final = r"(?:[0-9]{1,5}|[〇一二三四五六七八九十百]{1,4})"
_UNIT: Final = r"(?:丁目|番地の?|番町?|号室?|地割|-|の(?=[0-9]))"
# Prefecture, one to three of city, ward and town, then the block, then a building. All of it is lazy and bounded: in
# text without spaces, nothing but a numeral or a building's word ends a name.
_ADDRESS: Final = re.compile(
    rf"(?:{PREFECTURE.pattern}) ?"
    rf"(?P<city>(?:[{_HAN}ァ-ヴーぁ-ん]{{1,10}}?[市区郡町村]){{1,3}})"
    rf"(?: ?[{_HAN}ァ-ヴーぁ-ん]{{0,20}}?(?:[0-9]{{1,2}}条[東西])? ?"
    rf"(?P<block>{_NUMERAL}{_UNIT}(?: ?{_NUMERAL}?{_UNIT}?){{0,6}})"
    rf"(?: ?[{_HAN}ァ-ヴーぁ-んA-Za-z・]{{2,25}}? ?[0-9]{{1,4}}(?:号室?|階|F)?(?![0-9])"
    rf"| ?[{_HAN}ァ-ヴーぁ-んA-Za-z・]{{1,25}}?(?:ビル|マンション|ハイツ|コーポ|アパート|荘))?)?"
)


def addresses(prepared: PreparedText) -> Iterator[Span]:
    """Addresses that begin with a prefecture; without a block they are a ``LOCATION``, not an address."""
    position = 0
    while prefecture := PREFECTURE.search(prepared.text, position):
        start = position = prefecture.start()
        position += len(prefecture[0])
        match = _ADDRESS.match(prepared.text, start, _limit(prepared.text, start))
        if match is None:
            continue
        position = match.end()
        exact = match["block"] is not None
        yield Span(
            start=start,
            end=start + len(match[0].rstrip(" -")),
            entity="JP_ADDRESS" if exact else "LOCATION",
            score=0.9 if exact else 0.6,
            detector="address",
        )


def _limit(text: str, start: int) -> int:
    stop = ADDRESS_STOP.search(text, start, start + ADDRESS_REACH)
    return stop.start() if stop else min(len(text), start + ADDRESS_REACH)
