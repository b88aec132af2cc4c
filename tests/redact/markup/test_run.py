"""The text before a position is kept as far as an address may reach."""

import pytest

from gateway.redact.markup.run import AddressRun

HOSTS = frozenset({"known.example"})


def run(*texts: str) -> AddressRun:
    made = AddressRun(HOSTS)
    for text in texts:
        made.add(text)
    return made


@pytest.mark.parametrize("size", [1, 7, 5000])
def test_B22_an_address_of_any_length_is_remembered(size: int) -> None:
    text = "https://evil.example/?" + "a" * 4096 + "&q="
    made = run(*(text[i : i + size] for i in range(0, len(text), size)))
    assert not made.allows("Kenji", "")
    assert len(made.text) <= 512
    made.add(" then ")
    assert made.allows("Kenji", "")


def test_the_rest_of_a_host_that_was_cut_off_is_not_the_host() -> None:
    assert not run("a." * 300 + "x", "known.example/").allows("Kenji", "")
    assert run("known.example/").allows("Kenji", "")


@pytest.mark.parametrize(
    ("text", "ends"),
    [("evil.example/", True), ("https://a", False), ("evil.example/'", False), ("'a", True)],
)
def test_a_tag_ends_an_address_but_where_a_reader_goes_on(text: str, *, ends: bool) -> None:
    made = run(text)
    assert made.end_at_tag() is ends
    assert made.text == ("<" if ends else f"{text}<")


def test_a_run_is_clear_without_the_signs_of_an_address() -> None:
    assert run("(see").is_clear()
    assert not run("a.b").is_clear()
    assert run("https://evil.example/").leads_astray()
    assert not run("https://known.example/").leads_astray()
