"""Rules for secrets after a keyword ("password is …"), private keys, and URLs that contain a password."""

import re
from collections.abc import Iterator
from typing import Final

from gateway.detect.base import CERTAIN, Span
from gateway.detect.rules.rule import PreparedText, Rule
from gateway.text.check_digits import entropy

SECRET_KEYWORD_REACH: Final = 64
"""Maximum distance from the first letter of a keyword to the secret after it."""

PRIVATE_KEY_BEGIN: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
PRIVATE_KEY_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
# A key whose last line is missing, as in a cut log, is taken as far as its base64 goes. The first alternative is bounded:
# many BEGIN lines without an END would cost quadratic time.
_PRIVATE_KEY: Final = re.compile(
    PRIVATE_KEY_BEGIN.pattern
    + rf"(?:[^-]|-(?!----)){{0,8000}}?{PRIVATE_KEY_END.pattern}"
    + rf"|{PRIVATE_KEY_BEGIN.pattern}(?:\s|\\[nr])*(?:[A-Za-z0-9+/=]{{16,}}(?:\s|\\[nr])*)+"
)


RULES: Final = (
    Rule(
        name="private-key",
        entity="SECRET_PRIVATE_KEY",
        pattern=_PRIVATE_KEY,
        score=CERTAIN,
        literals=("private key",),
    ),
    Rule(
        name="url-password",
        entity="SECRET_URL",
        # No "/" before the "@": "http://a/b:c@d" is a path that contains an "@", not a password.
        pattern=re.compile(
            r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,19}://"
            r"[!#-&(-.0-9;=?A-Z_a-~]{0,128}:[!#-&(-.0-;=?A-Z_a-~]{1,256}@[!#-&(-;=?-Z\\_a-~]+"
        ),
        score=CERTAIN,
        literals=("://",),
    ),
)

SECRET_KEYWORD: Final = re.compile(
    r"(?:password|passwd|passphrase|passcode|pass code|pwd|secret|credential|bearer"
    r"|(?<![a-z])pin(?![a-z])|(?:api|access|private|auth|encryption|signing|account|license)[ _-]?key"
    r"|token|パスワード|パスコード|パスフレーズ|暗証番号|秘密鍵|シークレット|トークン|合言葉"
    r"|(?:アクセス|api|認証|暗号|ライセンス)キー)"
)
"""A keyword that a secret may follow, in lower-cased text."""

SECRET_KEYWORD_STEMS: Final = (
    "pass", "pwd", "secret", "credential", "bearer", "pin", "key", "token",
    "パス", "暗証", "秘密", "シーク", "トーク", "合言", "キー",
)  # fmt: skip
"""One of these is in every match of ``SECRET_KEYWORD``."""

# ``assigned``: password=…; ``stated``: password for the server is …; ``next``: password …, where a value must look
# more like a secret, since any word may follow.
_KEYWORD_AND_VALUE: Final = re.compile(
    rf"(?P<lead>{SECRET_KEYWORD.pattern})[a-z0-9_]{{0,12}}[\"'\]`]{{0,2}}"
    r"(?:(?P<assigned>[ \t]{0,3}(?::=|=>|==?|:)[ \t]{0,3})"
    r"|(?P<stated>(?:[ \t]{1,2}(?:for|to|of|on)(?:[ \t]+[\w.'-]{1,12}){1,3})?"
    r"[ \t]{1,2}(?:is|was|are|equals|will be)(?:[ \t]{1,2}(?:now|set to|still))?[ \t:]{1,3}"
    r"|[ \t]?(?:は|が|を|に|として)[、 \t:]{0,2})"
    r"|(?P<next>[ \t]{1,2}))"
    r"(?P<open>[\"'`「『]?)(?P<value>[!#-&(-;=?-_a-~]{4,512})"
)
_SYMBOL: Final = re.compile(r"[!#$%&()*+;=?@\[\\\]^{|}~]")
# Not a secret but the name of one: ${TOKEN}, os.environ["TOKEN"], config.token, get_token(); or a URL or address.
_REFERENCE: Final = re.compile(
    r"[$%{(\[]|(?:os|process|env|self|this|config|settings|secrets?|var|data)\.|[A-Za-z_.]+[(\[][\w., \"']*[)\]]?$|\w+://|[^@]+@[\w-]+\.\w"
)
_PLACEHOLDER: Final = re.compile(r"\[?[A-Z][A-Z0-9_]*_[0-9a-z]{8,}\]?")
_NOT_SECRETS: Final = frozenset(
    "string required optional undefined password example changethis redacted protected enabled disabled"
    " default forgotten expired incorrect invalid number integer boolean object array false true none null".split()
)
_SECRET_KEY: Final = re.compile(
    r"(?:.*[_.-])?(?:password|passwd|passphrase|passcode|pwd|secret|secret[_-]?key|api[_-]?key"
    r"|access[_-]?key|auth[_-]?token|access[_-]?token|client[_-]?secret|private[_-]?key|credentials?"
    r"|パスワード|暗証番号|シークレット)|apikey|accesstoken|clientsecret|secretkey|privatekey"
)
# Digits alone, four or more, count after "pin"; see _is_secret.
_MIN_LENGTH: Final = 6
_MIN_LENGTH_UNASSIGNED: Final = 8
_MIN_BITS_PER_CHARACTER: Final = 2.3
"""Excludes values such as ``********`` and ``xxxxxxxx1``."""


def keyword_secrets(prepared: PreparedText) -> Iterator[Span]:
    """Secrets stated in prose or assigned: ``password is …``, ``api_key=…``, ``パスワードは…``."""
    if not prepared.contains_any(SECRET_KEYWORD_STEMS):
        return
    position = 0
    while match := _KEYWORD_AND_VALUE.search(prepared.lowered, position):
        position = match.end("lead")  # the value may itself be a keyword: "password token abc123"
        start, end = match.span("value")
        # Punctuation at the end belongs to the sentence or to the code around the value.
        end = start + len(prepared.text[start:end].rstrip(".,:;)]}?"))
        if start - match.start() <= SECRET_KEYWORD_REACH and _is_secret(
            prepared.text[start:end], match
        ):
            yield Span(
                start=start,
                end=end,
                entity="SECRET_PASSWORD",
                score=0.85,
                detector="announced-secret",
            )


def secrets_by_key(prepared: PreparedText) -> Iterator[Span]:
    """The whole value of an object key such as ``"password"``, if it is one word."""
    text = prepared.text.strip()
    if not _SECRET_KEY.fullmatch(prepared.key) or len(text) < 4 or any(c.isspace() for c in text):
        return
    if text.lower() in _NOT_SECRETS or _PLACEHOLDER.fullmatch(text) or text.startswith(("$", "{{")):
        return
    start = prepared.text.index(text)
    yield Span(
        start=start,
        end=start + len(text),
        entity="SECRET_PASSWORD",
        score=0.9,
        detector="keyed-secret",
    )


def _is_secret(value: str, match: re.Match[str]) -> bool:
    if match["lead"] in ("pin", "暗証番号") and value.isdigit():
        return 4 <= len(value) <= 8
    if (
        len(value) < (_MIN_LENGTH_UNASSIGNED if match["next"] else _MIN_LENGTH)
        or entropy(value) < _MIN_BITS_PER_CHARACTER
    ):
        return False
    if value.lower() in _NOT_SECRETS or _REFERENCE.match(value) or _PLACEHOLDER.match(value):
        return False
    return _mixed(value, strongly=bool(match["next"]) or match["lead"] == "token")


def _mixed(value: str, *, strongly: bool) -> bool:
    """Whether a value mixes kinds of characters, as passwords do and words do not."""
    digit = any(c.isdigit() for c in value)
    letter = any(c.isalpha() for c in value)
    # Not at the end, where it may be the punctuation of a sentence.
    symbol = _SYMBOL.search(value[:-1]) is not None
    # A capital first letter, or capitals throughout, are ordinary spelling.
    case = value != value.lower() and value[1:] != value[1:].lower() and value != value.upper()
    if strongly:
        return (digit and letter) or (symbol and (digit or case))
    return (digit and letter) or symbol or case
