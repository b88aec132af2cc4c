"""Readers of a reply: Markdown with HTML and autolinks on, and the addresses that its HTML, or the reply read as HTML, holds."""

import re
from contextlib import suppress
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

_TEXT = frozenset({"alt", "class", "title"})
"""Attributes that are never fetched. The class is the language of a fence."""
_NOT_PROSE = frozenset({"script", "style", "textarea"})


@cache
def _markdown(*, linkify: bool) -> MarkdownIt:
    made = MarkdownIt("gfm-like" if linkify else "commonmark", {"html": True, "linkify": linkify})
    if linkify and made.linkify is not None:
        made.linkify.set({"fuzzy_ip": True})
    return made


def rendered(reply: str) -> list[str]:
    """The reply as HTML: by CommonMark alone, and with tables and autolinks."""
    pages: list[str] = []
    for linkify in (False, True):
        # markdown-it-py 4 fails at some HTML blocks at the end of a block quote in a list: then nothing is rendered.
        with suppress(IndexError):
            pages.append(_markdown(linkify=linkify).render(reply))
    return pages


class _Addresses(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.attributes: list[tuple[str, str]] = []
        self.elements: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, value) for name, value in attrs if value and name not in _TEXT]
        self._open = tag if tag in _NOT_PROSE else self._open
        if tag == "textarea":
            self.set_cdata_mode(tag)  # as browsers do: a tag in it is text

    def handle_endtag(self, tag: str) -> None:
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        if self._open:
            self.elements.append(data)


def _read(html: str) -> _Addresses:
    reader = _Addresses()
    # The parser fails at a marked section that it does not know; browsers take any for a comment, as they do this.
    reader.feed(html.replace("<![", "<! ["))
    reader.close()
    return reader


def carried(html: str, value: str, hosts: frozenset[str] = frozenset()) -> list[str]:
    """Attributes in which the value is written, in any case and encoding, but links to ``hosts``."""
    return [
        text
        for tag, text in _read(html).attributes
        if value.lower() in unquote(text).lower() and not (tag == "a" and _host(text) in hosts)
    ]


def run(html: str, value: str) -> list[str]:
    """Scripts, styles and fields of forms in which the value is written."""
    return [text for text in _read(html).elements if value.lower() in text.lower()]


def _host(address: str) -> str:
    """The host, at any port; user information stays in it, since readers differ about it."""
    try:
        return re.sub(r":[0-9]*$", "", urlsplit(address).netloc.lower())
    except ValueError:
        return ""
