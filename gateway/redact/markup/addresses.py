"""Addresses in text: the hosts that a caller named, and whether an address would carry a value to another host.

What is an address here is what some reader turns into one without being asked: the extended autolinks of GitHub Flavored
Markdown (https://github.github.com/gfm/#autolinks-extension-), those of linkify-it, and what browsers make of ``//host``. A host
is certain only when it is written plainly: readers differ about user information, backslashes, percent signs and entities.
"""

import html
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

# Angle brackets and backslashes are in it: linkify-it takes all before an ``@`` for user information.
_SLASHES = re.compile(r"[/\\]{2,}([^\s/?#]*)")
_WORD = re.compile(r"[\w-]*")
_SCHEME = re.compile(r"(?<![A-Za-z0-9+.-])([A-Za-z][A-Za-z0-9+.-]{0,30}):$")
# The beginning is fixed by the character before it, and the repeats are possessive: the search is linear.
# Signs such as ``=`` are part of a host for linkify-it: all but spaces and punctuation are. So is NUL, which CommonMark (2.3)
# replaces by U+FFFD.
LABEL = (
    r"[^\s\x01-#%-*,./:;<>?@\[\\\]{}\x7f-\xa0\u2000-\u206f\u3000-\u303f\uff00-\uff0f\uff1a-\uff20]"
)
_DOMAIN = re.compile(rf"(?<!{LABEL}){LABEL}++(?:\.{LABEL}++)+")
_SIGNS = re.compile(r".*[$+=^`|~]")
_TOP_LEVEL = re.compile(r"[^\W\d_]{2,}(?![^\W_]|-)")
_IPV4 = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_AFTER_DOMAIN = re.compile(r"(?::\d{0,5})?[/?#\\]")
# What no reader ends a path at: a domain behind it is part of the path.
_PATH = re.compile(r"[\w\-./:?#=&%+~@]+")
_PORT = re.compile(r":\d{0,5}")
_MAIL_HOST = re.compile(rf"(?:{LABEL}|\.)*")
_MAIL_LOCAL = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.!#$%&'*+/=?^_`{|}~-;:,\""
)
_PLAIN = re.compile(r"([A-Za-z0-9.-]+?)\.?(?::[0-9]+)?")
_USER_INFORMATION = re.compile(r"[^\s/?#\\<>@]+@[A-Za-z0-9.-]+(?::[0-9]+)?")
_TRAILING = ".,;:!?'\"*_~)]}<>`"
_ENDS_WORD = ".,;:!?'\"*_~)]}`"
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_AUTOLINK = re.compile(r"<([A-Za-z][A-Za-z0-9+.-]+):")
_DESTINATION = re.compile(r"(?:([A-Za-z][A-Za-z0-9+.-]*):)?//([^\s/?#\\<>)]*)(?=[/?#\s>)]|$)")
_MAILTO = re.compile(r"mailto:[A-Za-z0-9._+-]+@([A-Za-z0-9.-]+)(?=[\s>)]|$)", re.IGNORECASE)
_COUNTRY = 2
"""The length of a country's top-level domain."""
_TOP_LEVELS = frozenset(
    "aero app asia biz cloud club com coop dev edu fun gov icu info int link live mil mobi museum name net one online org page "
    "pro shop site store tech top web website work world xxx xyz zone".split()
)
"""Top-level domains that could be taken for a name, or made with one."""
_CONTAINER = " \t\r\n>"


class _Address(NamedTuple):
    """An address in a text: where it begins and where its host ends; with ``open`` the address goes on."""

    start: int
    end: int
    keys: tuple[str, ...]
    open: bool


def hosts_in(texts: Iterable[str]) -> frozenset[str]:
    """The hosts that the texts name: of URLs ``host``, of e-mail addresses ``@host``, in lower case.

    A URL with user information counts as a whole, ``scheme://user@host``, since its host is not certain; so does one of another
    scheme than HTTP.
    """
    found: set[str] = set()
    for text in texts:
        found.update(_named(text))
    return frozenset(found)


def _named(text: str) -> Iterator[str]:
    if "//" in text or "\\\\" in text:
        for match in _SLASHES.finditer(text):
            yield from _keys(_scheme(text, match.start()), match[1].rstrip(_TRAILING))
    if "@" in text:
        for mail in _mails(text):
            yield mail.keys[0]
    if "." in text:
        for match in _DOMAIN.finditer(text):
            before = text[max(match.start() - 1, 0) : match.start()]
            path = text[match.end() : match.end() + 1] == "/" or match[0][:4].lower() == "www."
            # Neither the end of an e-mail address nor of an authority that is not plain.
            if path and before not in tuple("@/\\%:.") and _has_top_level(match[0]):
                yield match[0].lower()


def carries(before: str, value: str, after: str, hosts: frozenset[str]) -> bool:
    """Whether an address over ``value`` leads to a host that is neither in ``hosts`` nor the value's own.

    ``before`` and ``after`` are the unbroken text on both sides. They are read as written, and with entities and backslash
    escapes decoded.
    """
    if _carries(before, value, after, hosts):
        return True
    if "&" in before or "\\" in before or "&" in after or "\\" in after:
        return _carries(_decoded(before), value, _decoded(after), hosts)
    return False


def _carries(before: str, value: str, after: str, hosts: frozenset[str]) -> bool:
    text, start = before + value + after, len(before)
    end = start + len(value)
    known = hosts | _own(value)
    if _is_other_autolink(text):
        return True
    explicit = [one for one in _explicit(text) if one.start < end]
    if any(not known.intersection(one.keys) for one in explicit):
        return True
    mails = (one for one in _mails(text) if _covers(one, start, end))
    if any(one.open or not known.intersection(one.keys) for one in mails):
        return True
    domains = (one for one in _domains(text, start, end) if _covers(one, start, end))
    path = min((one.start for one in explicit), default=len(text))
    return any(
        not known.intersection(one.keys) and not _PATH.fullmatch(text, path, one.start)
        for one in domains
    )


def is_named(address: str, hosts: frozenset[str], value: str = "") -> bool:
    """Whether the destination of a link, as far as it is written, leads to a host in ``hosts`` or the value's own."""
    address = address.lstrip(_CONTAINER).removeprefix("<")
    known = hosts | _own(value)
    if mail := _MAILTO.match(address):
        return f"@{mail[1].lower()}" in known
    match = _DESTINATION.match(address)
    return match is not None and not known.isdisjoint(_keys((match[1] or "").lower(), match[2]))


def may_end_host(value: str) -> bool:
    """Whether a value can be the end of a host, or go on behind one: a name alone is no top-level domain."""
    return not value.replace(" ", "").isalpha() or (
        value.isascii() and (len(value) == _COUNTRY or value.lower() in _TOP_LEVELS)
    )


def _own(value: str) -> frozenset[str]:
    """The hosts that a value names itself: an address that leads there carries it to nobody else."""
    keys = {key for one in (*_explicit(value), *_mails(value)) for key in one.keys}
    for match in _DOMAIN.finditer(value):
        if _has_top_level(match[0]) or _IPV4.fullmatch(match[0]):
            keys.add(match[0].lower())
    return frozenset(keys)


def _explicit(text: str) -> Iterator[_Address]:
    for match in _SLASHES.finditer(text):
        scheme = _scheme(text, match.start())
        # ``//word`` alone is a comment: without a scheme, readers want a dot in the host, or user information.
        word = _WORD.fullmatch(match[1].rstrip(_ENDS_WORD)) is not None
        if scheme or not word or text[match.end() :] or text[: match.start()].endswith(":"):
            start = match.start() - len(scheme) - 1 if scheme else match.start()
            keys = tuple(_keys(scheme, match[1].rstrip(_TRAILING)))
            yield _Address(start, len(text), keys, open=True)


def _scheme(text: str, end: int) -> str:
    match = _SCHEME.search(text[max(end - 33, 0) : end])
    return "" if match is None else match[1].lower()


def _keys(scheme: str, authority: str) -> Iterator[str]:
    plain = _PLAIN.fullmatch(authority)
    if plain is not None and scheme in ("", "http", "https"):
        yield plain[1].lower()
    elif scheme and (plain or _USER_INFORMATION.fullmatch(authority)):
        yield f"{scheme}://{authority}"


def _mails(text: str) -> Iterator[_Address]:
    at, floor = text.find("@"), 0
    while at >= 0:
        start = floor + len(text[floor:at].rstrip(_MAIL_LOCAL))
        host = _MAIL_HOST.match(text, at + 1)
        end = at + 1 if host is None else host.end()
        name = text[at + 1 : end].rstrip(".-_").lower()
        local = text[start:at].lower()
        to = "mailto:" in local or "xmpp:" in local
        if start < at and name and ("." in name or to or "<" in text[:start]):
            # What follows the question mark of a mailto address can name more readers.
            more = to and (text[end : end + 1] == "?" or "?" in local)
            yield _Address(start, end, (f"@{name}", name), open=more)
        floor, at = at + 1, text.find("@", at + 1)


def _domains(text: str, start: int, end: int) -> Iterator[_Address]:
    for match in _DOMAIN.finditer(text):
        # A value in the place of the top-level domain alone reaches nobody.
        at_top = (
            match.start() < start and "." not in text[start : match.end()] and match.end() > start
        )
        if at_top or not (_has_top_level(match[0]) or _IPV4.fullmatch(match[0])):
            continue
        port = _PORT.match(text, match.end())
        numbered = port is not None and port.end() == start and text[start:end].isdigit()
        reaches = numbered or _AFTER_DOMAIN.match(text, match.end()) is not None
        host = match[0].lower()
        # ``url=host/`` before a value: whatever sign is before the host, nobody can own such a name.
        keys = (host, _SIGNS.sub("", host)) if match.end() <= start else (host,)
        yield _Address(match.start(), match.end(), keys, open=reaches)


def _covers(one: _Address, start: int, end: int) -> bool:
    """Whether the address lies over the value, in whole or in part; its own characters alone do not count."""
    if one.start >= start and one.end <= end and end > start:
        return False
    return one.start < end and (one.open or one.end > start) if end > start else one.open


def _has_top_level(domain: str) -> bool:
    return _TOP_LEVEL.match(domain.rpartition(".")[2]) is not None


def _is_other_autolink(text: str) -> bool:
    """Whether the text is an autolink in angle brackets of a scheme without a host, such as ``<tel:1>``."""
    match = _AUTOLINK.search(text)
    if match is None:
        return False
    rest = text[match.end() :]
    return not rest.startswith("//") and not (match[1].lower() == "mailto" and "@" in rest)


def _decoded(text: str) -> str:
    return html.unescape(_ESCAPED.sub(r"\1", text))
