"""Rules for values that only a label distinguishes from other words and numbers: user names, dates of birth, documents.

These rules read whole texts. They do not keep to the bounds of ``rule``, so they do not run on a reply that is scanned
piece by piece: what they find is data that callers send, and seldom what a model generates.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from gateway.detect.base import Span
from gateway.detect.rules.dates import DATE, is_date
from gateway.detect.rules.phones import phones_before_label
from gateway.detect.rules.rule import PreparedText

# Bounded: a label that is repeated thousands of times must cost linear time. The look-ahead keeps "no" of "nothing" and
# "id" of "id-card" out of the gap.
_LABEL_GAP: Final = (
    r"[ \t]*(?:\([^()\n]{0,20}\))?"
    r"(?:[ \t]*(?:number|no\.?|num\.?|nr\.?|id|is|was|are|will be|番号)(?![a-z]|-[a-z0-9])){0,3}"
    r"[ \t]*[:=#はが]?[ \t]*[\"'`「]?"
)
"""Text between a label and its value: a note in brackets, "number", "is", a colon, an opening quote."""

# Not \b, which finds no boundary between a digit and kana. A hyphen and a digit continue a number.
_END: Final = r"(?![A-Za-z0-9]|-[0-9])"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label and the form of the value after it.

    ``before`` matches the label in lower-cased text and ends where the value begins. ``value`` matches there in the
    text as written, and ``check`` accepts or rejects it.
    """

    name: str
    entity: str
    before: re.Pattern[str]
    value: re.Pattern[str]
    literals: tuple[str, ...]
    check: Callable[[str], bool]
    score: float = 0.8

    def find(self, prepared: PreparedText) -> Iterator[Span]:
        if not prepared.contains_any(self.literals):
            return
        # Offsets of the lower-cased text are those of the text: ``caseless`` keeps the length.
        for label in self.before.finditer(prepared.lowered):
            match = self.value.match(prepared.text, label.end())
            if match is not None and self.check(match[0]):
                yield self.span(match.start(), match.end())

    def span(self, start: int, end: int) -> Span:
        return Span(start=start, end=end, entity=self.entity, score=self.score, detector=self.name)


def labelled(prepared: PreparedText) -> Iterator[Span]:
    """Every value with a label; spans may overlap."""
    for label in _LABELS:
        yield from label.find(prepared)
    yield from phones_before_label(prepared)
    yield from _birth_dates(prepared)
    yield from _plates(prepared)
    yield from _values_by_key(prepared)
    yield from _obfuscated_emails(prepared)
    yield from _confidentiality_marks(prepared)


def _number(
    name: str, entity: str, label: str, value: str, *literals: str, digits: int = 1
) -> Label:
    """A number after its label, with at least ``digits`` digits."""
    return Label(
        name=name,
        entity=entity,
        before=re.compile(rf"(?<![a-z])(?:{label}){_LABEL_GAP}"),
        value=re.compile(rf"(?:{value}){_END}"),
        literals=literals,
        check=lambda written: sum(map(str.isdigit, written)) >= digits,
    )


def _user(
    name: str, before: str, check: Callable[[str], bool], *literals: str, after: str = ""
) -> Label:
    return Label(
        name=name,
        entity="USERNAME",
        before=re.compile(rf"(?<![a-z])(?:{before})"),
        # Not the local part of an e-mail address, and not a host name.
        value=re.compile(rf"[A-Za-z][A-Za-z0-9._-]{{1,30}}[A-Za-z0-9](?![A-Za-z0-9@_]|\.[A-Za-z]){after}"),
        literals=literals,
        check=check,
        score=0.75,
    )  # fmt: skip


_NOT_USER_NAMES: Final = frozenset(
    "admin administrator all and any anyone are be both business can customers default development each email every "
    "everyone for free from guest her him his its members name names new none not null our password personal production "
    "required root sale soon usual well needed follows she someone staff string test that the their them this undefined user username users was when "
    "which who will with you your yourself".split()
)


def _is_user(value: str) -> bool:
    return value.lower() not in _NOT_USER_NAMES


def _is_handle(value: str) -> bool:
    """After a phrase that a word or a name may follow too, only a value in lower case is taken for a user name."""
    return value == value.lower() and _is_user(value)


_TAX: Final = (
    r"tax(?:payer)?[ -]?(?:id(?:entification)?|number|no\.?|reference)|tin|ein|itin|vat(?: reg)?"
    r"|steuer-?(?:id(?:entifikationsnummer)?|nummer)|ust-?id(?:-?nr\.?)?|納税者番号"
)
_NATIONAL: Final = (
    r"national (?:id(?:entity)?(?: card)?|insurance|identification)|identity card|aadhaar|आधार|ఆధార్|dni|nie|cpf|cnpj"
    r"|nir|bsn|tckn|nik|pesel|nino|nhs|codice fiscale|personnummer|burgerservicenummer|주민등록번호|身份证号?码?|رقم قومي"
)
_MEMBER_ID_LABELS: Final = (
    r"(?:employee|staff|student|member(?:ship)?|customer|client|patient|insurance|health|worker|personnel|medical record|policy ?holder"
    r"|badge)(?:'s)?[ _-](?:id(?:[ -]card)?|card|number|no\.?|badge|code)|badge|mrn"
    r"|(?:社員|従業員|職員|学籍|学生|会員|顧客|患者|診察券|お客様)(?:番号|id|コード|no\.?)"
)
_LOGIN: Final = (
    r"(?:user[ _-]?(?:name|id)|login(?:[ _-]?(?:name|id))?|account name|screen ?name|nick ?name|handle"
    r"|ユーザー?名|ユーザー?id|ログインid|ログイン名|アカウント名)(?:[ \t]*[:=はが][ \t]*|[ \t]+(?:is|was)[ \t]+)[\"'`「@]?"
    r"|(?:log(?:ged|ging)?[ -]?in|sign(?:ed|ing)?[ -]?in|login|authenticat(?:ed?|ing)|connect(?:ed|ing)?)[ \t]+as[ \t]+(?:user[ \t]+)?[\"'`@]?"
)
# The gaps are bounded: a verb must not be searched on from to the end of a long text.
_USER_PHRASES: Final = (
    r"(?:issued|assigned|granted|delegated|belong(?:s|ing)?) to (?:the )?user |(?:by|for|from|of) (?:the )?user "
    r"|(?:activate|create|open|reset|unlock|lock|delete|disable|enable|suspend|verify|recover|restore)[^.\n]{0,30} account (?:for|of) "
    r"|(?:password|token|key|credentials?) [^ \n]{6,60} (?:for|(?:was |is )?issued to) (?:user )?"
)

_LABELS: Final = (
    _number(
        "passport-labelled",
        "PASSPORT",
        r"passport|passeport|reisepass(?:nummer)?|pasaporte",
        r"[A-Za-z]{0,2}[0-9]{6,9}[A-Za-z]?",
        "passport", "passeport", "reisepass", "pasaporte",
    ),
    _number(
        "tax-labelled",
        "TAX_ID",
        _TAX,
        r"(?:[A-Z]{2}[ -]?)?[0-9]{2,11}(?:[ .-]?[0-9]{2,7}){0,4}[A-Za-z]?",
        "tax", "tin", "ein", "vat", "steuer", "ust", "納税",
        digits=7,
    ),
    _number(
        "national-labelled",
        "GOVERNMENT_ID",
        _NATIONAL,
        r"[A-Z]{0,6}[0-9][A-Z0-9]{0,17}(?:[ .-][0-9]{1,7}[A-Z]?){0,5}",
        "nation", "identity", "aadhaar", "आधार", "ఆధార్", "dni", "nie", "cpf", "cnpj", "nir", "bsn", "tckn", "nik",
        "pesel", "nino", "nhs", "codice", "personn", "burger", "주민", "身份", "رقم",
        digits=5,
    ),
    _number(
        "driver-licence-labelled",
        "DRIVER_LICENSE",
        r"driv(?:er'?s?'?|ing)[ -]?licen[cs]e|driver lic\.?|dl (?=number|no|#)|führerschein(?:nummer)?",
        r"[A-Z]{0,6}[0-9][A-Z0-9]{1,17}(?:[ -][0-9]{2,8}){0,4}",
        "driv", "dl ", "führer",
        digits=4,
    ),
    _number(
        "card-number-labelled",
        "ID_NUM",
        _MEMBER_ID_LABELS,
        r"(?=[A-Z-]*[0-9])[A-Z0-9](?:[A-Z0-9-]{2,18})[A-Z0-9]|[a-z]{1,4}-?[0-9]{3,12}|[A-Z]{1,4}-[A-Z0-9]{4,16}",
        "id", "card", "number", "no", "badge", "code", "mrn", "番号", "コード",
        digits=0,
    ),
    Label(
        name="plate-labelled",
        entity="LICENSE_PLATE",
        before=re.compile(
            rf"(?<![a-z])(?:(?:licen[cs]e|number|vehicle|registration|car)[ -]plate|plate(?= (?:number|no)))s?{_LABEL_GAP}"
        ),
        value=re.compile(r"(?=[A-Z -]{0,5}[0-9])[A-Z0-9]{1,7}(?:[ -]?[A-Z0-9]{1,5}){0,2}(?![A-Za-z0-9])"),
        literals=("plate",),
        check=lambda written: 4 <= len(written) <= 10,
    ),
    Label(
        name="birth-date",
        entity="DATE_OF_BIRTH",
        before=re.compile(
            r"(?<![a-z])(?:date of birth|birth ?date|birth ?day|d\.?o\.?b\.?|born(?: on)?|生年月日|誕生日|お?生まれ|né(?:e)? le"
            r"|geboren(?: am)?|geburtsdatum|fecha de nacimiento|nacid[ao] el|出生日期)(?:\([^)\n]{0,12}\))?"
            r"[ \t]*(?:is|was|are|on|:|=|は|が|\||\t)?[ \t]*"
        ),
        value=re.compile(DATE, re.IGNORECASE),
        literals=(
            "birth", "dob", "d.o.b", "born", "生年月日", "誕生日", "生まれ", "né", "geb", "nac", "出生",
        ),
        check=is_date,
    ),
    _user("user-name", _LOGIN, _is_user, "user", "login", "log", "sign", "name", "handle", "ユーザ", "アカウント", " as "),
    _user("user-pointed", _USER_PHRASES, _is_handle, " user ", " account ", "password ", "token ", "key ", "credential"),
    _user(
        "user-shown",
        r"(?:customer|user|member|account(?: holder)?|subscriber|player) ",
        _is_handle,
        "(", "email", "e-mail",
        after=r"(?= \((?:e-?mail|id|phone|uid)\b|,? (?:e-?mail|with the email) )",
    ),
)  # fmt: skip

_MARK_STEMS: Final = (
    "秘", "㊙", "取扱注意", "機密", "CONFIDENTIAL", "TOP SECRET", "INTERNAL USE", "DISTRIBUT", "ATTORNEY-CLIENT",
)  # fmt: skip
"""One of these is in every mark; searching for them is much cheaper than matching the marks."""
_CONFIDENTIALITY_MARKS: Final = re.compile(
    r"社外秘|部外秘|関係者外秘|極秘|マル秘|㊙|取扱注意|(?<=[【\[(])機密(?=[】\])])"
    r"|(?<![A-Za-z])(?:(?:STRICTLY|HIGHLY|COMPANY|PRIVATE AND|PROPRIETARY AND) )?CONFIDENTIAL(?![A-Za-z])"
    r"|(?<![A-Za-z])(?:TOP SECRET|INTERNAL USE ONLY|FOR INTERNAL USE|RESTRICTED DISTRIBUTION|DO NOT DISTRIBUTE|ATTORNEY-CLIENT PRIVILEGED)(?![A-Za-z])"
)
# At least one "@" with a space or an "(at)": plain addresses are found by another rule.
_OBFUSCATED_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[a-z0-9_.+-]{1,64}(?: @ ?|@ | ?[(\[{<]at[)\]}>] ?)[a-z0-9-]{1,63}"
    r"(?:(?: \. |\.| ?[(\[{<]dot[)\]}>] ?)[a-z0-9-]{1,63}){0,4}(?: \. |\.| ?[(\[{<]dot[)\]}>] ?)[a-z]{2,10}(?![\w.-])"
)
# 生 alone also begins other words (生活), which the look-ahead excludes.
_BIRTH_DATE_SUFFIX: Final = re.compile(
    rf"({DATE}) ?(?:に?(?:お?生まれ|出生|誕生)|生(?![一-龥ぁ-ん]))"
)
_PLATE_NUMBER: Final = (
    r"[0-9][0-9][0-9ACFHKLMPXY] ?[あ-んA-Z] ?(?:[0-9]{2}-[0-9]{2}|[・.]{1,3} ?[0-9]{1,3}|[0-9]{4})"
)
# Matched first: kanji are so common in Japanese text that starting at the place name would be slow.
_MAY_HAVE_PLATE: Final = re.compile(_PLATE_NUMBER)
_PLATE_JAPANESE: Final = re.compile(rf"(?<![一-龥])[一-龥]{{2,4}} ?{_PLATE_NUMBER}(?![0-9])")
# Also as the last part of a longer key: `billing.user_name`.
_USER_KEY: Final = re.compile(
    r"(?:.*[_.-])?(?:user[_-]?name|login|user[_-]?id|screen[_-]?name|ユーザー?名)"
)
_BIRTH_KEY: Final = re.compile(
    r"(?:.*[_.-])?(?:dob|birth[_-]?date|date[_-]?of[_-]?birth|birthday|生年月日)"
)
_WHOLE_USER: Final = re.compile(r"[A-Za-z0-9][\w.-]{2,31}")
_WHOLE_DATE: Final = re.compile(DATE, re.IGNORECASE)


def _confidentiality_marks(prepared: PreparedText) -> Iterator[Span]:
    """Confidentiality markings of documents."""
    if any(stem in prepared.text for stem in _MARK_STEMS):
        for mark in _CONFIDENTIALITY_MARKS.finditer(prepared.text):
            yield _span(mark.start(), mark.end(), "CONFIDENTIAL_MARK", "confidential-mark")


def _birth_dates(prepared: PreparedText) -> Iterator[Span]:
    """Dates before 生まれ ("born") and the like."""
    if "生" in prepared.text or "誕" in prepared.text:
        for match in _BIRTH_DATE_SUFFIX.finditer(prepared.lowered):
            if is_date(match[1]):
                yield _span(match.start(1), match.end(1), "DATE_OF_BIRTH", "birth-date")


def _obfuscated_emails(prepared: PreparedText) -> Iterator[Span]:
    """Obfuscated addresses: ``ann @ example.com``, ``ann (at) example (dot) com``."""
    if any(sign in prepared.lowered for sign in ("@ ", " @", "(at)", "[at]", "{at}", "<at>")):
        for match in _OBFUSCATED_EMAIL.finditer(prepared.lowered):
            yield _span(match.start(), match.end(), "EMAIL_ADDRESS", "spelt-mail")


def _plates(prepared: PreparedText) -> Iterator[Span]:
    """Japanese plates: 品川 300 あ 12-34 (道路運送車両法施行規則, 第一号様式)."""
    if prepared.has_digit and not prepared.text.isascii() and _MAY_HAVE_PLATE.search(prepared.text):
        for match in _PLATE_JAPANESE.finditer(prepared.text):
            yield _span(match.start(), match.end(), "LICENSE_PLATE", "plate-japanese")


def _values_by_key(prepared: PreparedText) -> Iterator[Span]:
    """The whole value under an object key such as ``"username"`` or ``"birth_date"``."""
    text = prepared.text.strip()
    if not prepared.key or not text:
        return
    start = prepared.text.index(text)
    if _USER_KEY.fullmatch(prepared.key) and _WHOLE_USER.fullmatch(text) and _is_user(text):
        yield _span(start, start + len(text), "USERNAME", "keyed-user")
    elif _BIRTH_KEY.fullmatch(prepared.key) and _WHOLE_DATE.fullmatch(text) and is_date(text):
        yield _span(start, start + len(text), "DATE_OF_BIRTH", "keyed-birth-date")


def _span(start: int, end: int, entity: str, detector: str) -> Span:
    return Span(start=start, end=end, entity=entity, score=0.8, detector=detector)


ENTITIES: Final = frozenset(
    {"CONFIDENTIAL_MARK", "PHONE_NUMBER", *(label.entity for label in _LABELS)}
)
"""Every entity that these rules can name."""
