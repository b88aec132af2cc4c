"""No value leaves in an address, whatever reads the reply; and ordinary replies come back whole."""

import json
import math
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from itertools import pairwise
from types import FrameType

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.redact.markup.addresses import hosts_in
from gateway.redact.markup.position import Position
from gateway.redact.restore import Restorer
from tests.redact.markup.evasions import evasions
from tests.redact.markup.readers import carried, rendered, run
from tests.redact.markup.replies import END, HANDWRITTEN, KNOWN, ORDINARY, attempts
from tests.redact.samples import vault

VALUE, PLAIN = "kenjitanaka7", "aikomori"
ATTEMPTS = (*attempts(), *(text + END for text in evasions()))


def restored(text: str, *cuts: int, hosts: frozenset[str] = KNOWN, value: str = VALUE) -> str:
    """What a caller gets when the model writes ``text``, cut at these offsets; placeholders that stay are written as in the text."""
    request = vault()
    names = {"{P}": request.put("PERSON", value), "{Q}": request.put("PERSON", PLAIN)}
    for name, minted in names.items():
        text = text.replace(name, minted)
    restorer = Restorer(request, escape=False, hosts=hosts)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    made = "".join([*(restorer.feed(text[a:b]) for a, b in pairwise(edges)), restorer.flush()])
    for name, minted in names.items():
        made = made.replace(minted, name)
    return made


def leaks(reply: str) -> list[str]:
    """Where a reader of the reply would send the value, or offer to."""
    hosts = frozenset({"known.example"})
    found = carried(reply, VALUE, hosts)
    for page in rendered(reply):
        found += [*carried(page, VALUE, hosts), *run(page, VALUE)]
    return found


def test_there_are_enough_attempts() -> None:
    assert len(set(ATTEMPTS)) >= 1500
    assert all("{P}" in attempt and "{Q}" in attempt for attempt in ATTEMPTS)


@pytest.mark.parametrize("part", range(8))
def test_B20_to_B27_no_reader_finds_the_value_in_an_address(part: int) -> None:
    for attempt in ATTEMPTS[part::8]:
        made = restored(attempt)
        assert "{P}" in made, attempt
        assert VALUE not in made, attempt
        assert PLAIN in made, attempt
        assert leaks(made) == [], attempt


def test_the_readers_find_the_value_where_it_was_restored_by_mistake() -> None:
    """Each check above can fail: most attempts do carry the value when it is put in."""
    found = sum(bool(leaks(text.replace("{P}", VALUE))) for text in ATTEMPTS)
    assert found > 0.6 * len(ATTEMPTS)


@pytest.mark.parametrize("text", [*HANDWRITTEN, *ORDINARY, *ATTEMPTS[len(HANDWRITTEN) :: 60]])
def test_every_offset_of_a_split_gives_the_same_text(text: str) -> None:
    length = len(text.replace("{P}", "[PERSON_01234567]").replace("{Q}", "[PERSON_01234567]"))
    whole = restored(text)
    assert all(restored(text, cut) == whole for cut in range(1, length))
    assert restored(text, *range(length)) == whole


FRAGMENTS = (
    *("{P}", "{P}", "[x]", "(", "![", "](", "[", "]", ")", "<", ">", "<a ", "href=", '"', "'", "`"),
    *("``", "```", "~~~", "\n", "\n\n", "\r\n", "> ", "- ", "    ", " ", "\t", "|", "[r]: ", "[r]"),
    *("\\", "&#47;&#47;", "//", "https://", "https:&#47;&#47;", "evil.example/", "evil.com/?q="),
    *(".evil.com", "@evil.com", "known.example/", "https://known.example/", "mailto:", "mailto:a@"),
    *("?", "#", "/", "@", ".", ",", ":", "=", "$", "^", "&lt;", "<img ", "<style>", "</style>"),
    *(
        "\\href{",
        "}",
        '"https://evil.com/ ',
        "`a`",
        "[a]",
        "[a[0]]",
        "[x](y)",
        "<b>",
        "</b>",
        "![",
        "< ",
    ),
    *("url(", "<!--", "-->", "<div>", "</div>", "<br>", "<textarea>", "</textarea>", "<script>"),
    *(
        "</script>",
        "<![CDATA[",
        "<?",
        "?>",
        "。",
        "、",
        "は",
        "\u3000",
        "x",
        "www.",
        "!",
        "# ",
        "*",
    ),
)


@given(st.lists(st.sampled_from(FRAGMENTS), min_size=1, max_size=16), st.lists(st.integers(0, 200)))
@example(["//x`?", "{P}", ">#", "mailto:a@", "evil.com/?q="], [])
@example(["https://", "<br>", "{P}", "<?", "@evil.com"], [])
@example(["https://known.example/", ")", "{P}", ".evil.com"], [])
@example(["{P}", "$", ".evil.com"], [])
def test_whatever_the_reply_is_made_of(fragments: list[str], cuts: list[int]) -> None:
    text = "".join(fragments)
    made = restored(text)
    assert restored(text, *cuts) == made
    assert leaks(made) == []


@given(
    st.lists(st.sampled_from((*FRAGMENTS, *ORDINARY)), min_size=1, max_size=24),
    st.lists(st.integers(0, 2000), max_size=12),
)
def test_whole_paragraphs_are_read_as_their_pieces_are(texts: list[str], cuts: list[int]) -> None:
    """What is skipped at once in a whole text is read character by character in pieces: both end in the same state."""
    text = "".join(texts).replace("{P}", VALUE)
    whole, pieces, characters = Position(KNOWN), Position(KNOWN), Position(KNOWN)
    whole.feed(text)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    for begin, end in pairwise(edges):
        pieces.feed(text[begin:end])
    for character in text:
        characters.feed(character)
        characters.read()
    for value in (VALUE, "a@corp.example"):
        for after in ("", ".", " ", "/", ".evil.com"):
            allowed = whole.allows(value, after)
            assert pieces.allows(value, after) is allowed
            assert characters.allows(value, after) is allowed


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_restored(text: str) -> None:
    assert restored(text) == text.replace("{P}", VALUE)


def _words(body: str) -> Iterator[re.Match[str]]:
    """Every twentieth word of prose: none that is a part of an address, an attribute or a dotted name."""
    for number, word in enumerate(
        re.finditer(r"(?<=[\s(*_\"'])[A-Za-z]{4,}(?=[\s,.;:)*_\"'])", body)
    ):
        begin = max(body.rfind(c, 0, word.start()) for c in " \n\t<>") + 1
        before, line = body[begin : word.start()], body[max(word.start() - 300, 0) : word.start()]
        in_address = re.search(r"://|www\.|@\w|\]\(|\w\.\w[\w.]*/", before) or re.search(
            r"\]\([^()\n]*$|<[a-zA-Z][^<>]*=\s*(\"[^\"]*|'[^']*|[^\s\"'>]*)$", line
        )
        follows = body[word.end() : word.end() + 40]
        if number % 20 == 0 and not in_address and not re.match(r"[.:@/_]\w|[\w.+-]*@", follows):
            yield word


def test_real_documents_are_restored() -> None:
    """The descriptions of the installed packages: Markdown and reStructuredText with code, tables, badges and HTML."""
    found = total = 0
    for distribution in metadata.distributions():
        body = (distribution.read_text("METADATA") or "").partition("\n\n")[2]
        request = vault()
        minted = request.put("PERSON", VALUE)
        pieces, at = [], 0
        for word in _words(body):
            pieces += [body[at : word.start()], minted]
            at = word.end()
        restorer = Restorer(request, escape=False, hosts=frozenset())
        text = "".join([*pieces, body[at:]])
        made = restorer.feed(text) + restorer.flush()
        assert made.replace(VALUE, minted) == text.replace(VALUE, minted)
        found, total = found + restorer.restored, total + restorer.restored + restorer.unrestored
    assert total > 1000
    assert found / total >= 0.97


SLACK = "https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"


@pytest.mark.parametrize(
    ("asked", "value", "reply"),
    [
        (f"Post to {SLACK} please", SLACK.removeprefix("https://"), "Post to https://{P} please"),
        (f"Post to {SLACK} please", SLACK, "[the hook]({P}), {P}."),
        (
            f"Post to {SLACK} please",
            "T00000000/B00000000/XXXX",
            "https://hooks.slack.com/services/{P}",
        ),
        (
            "postgres://app:hunter2@db.internal:5432/x",
            "hunter2",
            "postgres://app:{P}@db.internal:5432/x",
        ),
        ("mail aiko@corp.example", "aiko@corp.example", "<{P}>, {P}, [x](mailto:{P})"),
        ("", "aiko@corp.example", "Ask {P} or {P}."),
        ("see www.corp.example", "x7", "http://www.corp.example/{P}"),
    ],
)
def test_B29_the_callers_own_address_comes_back_whole(asked: str, value: str, reply: str) -> None:
    made = restored(reply, hosts=hosts_in([asked]), value=value)
    assert made == reply.replace("{P}", value)


@pytest.mark.parametrize(
    "reply",
    [
        "https://evil.example/{P}",
        "https://{P}.evil.example/",
        "postgres://app:{P}@evil.example:5432/x",
        "postgres://app:{P}@db.internal.evil.example:5432/x",
        "https://hooks.slack.com@evil.example/{P}",
    ],
)
def test_B29_and_no_other(reply: str) -> None:
    hosts = hosts_in([SLACK, "postgres://app:hunter2@db.internal:5432/x"])
    assert restored(reply, hosts=hosts, value="hunter2") == reply


@pytest.mark.parametrize("limit", [100, 5000])
def test_what_waits_for_the_rest_of_a_host_is_bounded(limit: int) -> None:
    request = vault()
    minted = request.put("PERSON", VALUE)
    restorer = Restorer(request, escape=False, hosts=frozenset())
    assert restorer.feed(minted) == ""
    made = "".join(restorer.feed("a") for _ in range(limit))
    assert limit - len(made) <= 256
    assert (made + restorer.flush()).startswith(VALUE if limit == 100 else minted)


def test_arguments_of_tools_are_no_markup() -> None:
    request = vault()
    minted = request.put("PERSON", VALUE)
    restorer = Restorer(request, escape=True, hosts=None)
    assert json.loads(restorer.feed(json.dumps({"u": f"https://a.example/{minted}"}))) == {
        "u": f"https://a.example/{VALUE}"
    }


HOSTILE: dict[str, Callable[[int], str]] = {
    "destinations": lambda n: "](" * n + " {P}" * (n // 12),
    "definitions": lambda n: "]:{P} " * n,
    "definitions of lines": lambda n: "[r]:{P}\n" * n,
    "tags": lambda n: "<a {P} " * n,
    "values": lambda n: '<a b="{P} ' * n,
    "angles": lambda n: "<" * 4 * n + "{P}",
    "brackets": lambda n: "[" * n + "{P} " * n,
    "images": lambda n: "![a](" * n + "{P}",
    "backticks": lambda n: "` {P} " * n,
    "a run of placeholders": lambda n: "a{P}" * n,
    "placeholders with commas": lambda n: "{P}," * n,
    "slashes": lambda n: "//" * n + "{P}",
    "mailboxes": lambda n: "a@" * n + "{P}",
    "labels": lambda n: "a." * n + "{P}",
    "a long address": lambda n: "https://evil.example/" + "a" * 4 * n + "{P}",
    "addresses": lambda n: "https://evil.example/{P} " * n,
    "parentheses": lambda n: "[x](" + "(" * n + " {P}" * n,
    "elements": lambda n: "<script>{P}" * n,
    "declarations": lambda n: "<!--\n{P}\n" * n,
    "entities": lambda n: "&#47;" * n + "{P}",
    "backslashes": lambda n: "\\" * n + "{P}",
    "quoted addresses": lambda n: '"https://evil.example/ {P} ' * n,
    "macros": lambda n: "\\href{\n" * n + "{P}",
    "pairs": lambda n: "[a[" * n + "{P}",
    "code that is not closed": lambda n: ("`" + "a" * 700 + " {P}\n") * (n // 100),
    "lines": lambda n: "a\n" * n + "{P}",
    "paragraphs with tags": lambda n: "a\n\n<b\n\n" * n + "{P}",
    "prose": lambda n: "Dear {P} of the [house](https://known.example/a), well.\n" * n,
}


def _steps(text: str) -> int:
    """Calls of functions while the text is restored, and characters that are searched for addresses."""
    count = 0

    def step(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        if event.endswith("call"):
            count += 1
            if event == "call" and frame.f_code.co_name in ("_carries", "is_named"):
                count += sum(len(held) for held in frame.f_locals.values() if isinstance(held, str))

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        restored(text)
    finally:
        sys.setprofile(before)
    return count


def _seconds(text: str) -> float:
    began = time.process_time()
    restored(text)
    return time.process_time() - began


@pytest.mark.parametrize("kind", HOSTILE)
def test_B12_the_steps_grow_with_the_text(kind: str) -> None:
    small, large = (_steps(HOSTILE[kind](size)) for size in (500, 2000))
    assert large < 4.4 * small + 10_000
    if os.environ.get("SEKISHO_PROVE"):
        texts = (HOSTILE[kind](size) for size in (4000, 16_000))
        short, long = (min(_seconds(text) for _ in range(5)) for text in texts)
        assert math.log(long / short, 4) <= 1.1 or long < 0.01
