"""Which hosts a text names, and which addresses would carry a value elsewhere."""

import pytest

from gateway.redact.markup.addresses import carries, hosts_in, is_named, may_end_host

HOSTS = frozenset(
    {"known.example", "@corp.example", "postgres://a:b@db.internal:5432", "@db.internal"}
)


@pytest.mark.parametrize(
    ("text", "hosts"),
    [
        ("see https://Known.Example:8443/a, or http://b.example.", {"known.example", "b.example"}),
        ("(https://a.example) <http://b.example/>", {"a.example", "b.example"}),
        ("www.a.example and b.example/x", {"www.a.example", "b.example"}),
        ("setup.py, next.js, v1.2 and README.md", set()),
        ("ask aiko@corp.example.", {"@corp.example"}),
        ("https://a%2eexample/ and https://a\\@b.example/", set()),
        ("postgres://a:b@c.example:1/x", {"postgres://a:b@c.example:1", "@c.example"}),
    ],
)
def test_hosts_that_a_text_names(text: str, hosts: set[str]) -> None:
    assert hosts_in([text]) == hosts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://evil.example/", ""),
        ("https://known.example", ".evil.example"),
        ("https:&#47;&#47;evil.example/", ""),
        ("https\\://evil.example/", ""),
        ("evil.example/", ""),
        ("", ".evil.example"),
        ("", "@evil.example"),
        ("<tel:", ""),
        ("mailto:a@corp.example?body=", ""),
        ("https://known.example/)", ".evil.example"),
    ],
)
def test_addresses_that_carry_a_value_elsewhere(before: str, after: str) -> None:
    assert carries(before, "Kenji", after, HOSTS)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ("", "Kenji", ". "),
        ("https://known.example/", "Kenji", ".pdf"),
        ("a/b/", "Kenji", "/c"),
        ("//", "Kenji", ","),
        ("", "https://a.example/", "?q=1"),
        ("<", "aiko@b.example", ">"),
        ("Kenji,", "aiko@b.example", ""),
        ("", "Kenji", ",aiko@corp.example"),
        ("postgres://a:", "b", "@db.internal:5432/x"),
        ("Mr.", "Kenji", ""),
    ],
)
def test_what_is_no_address_or_that_of_the_caller(before: str, value: str, after: str) -> None:
    assert not carries(before, value, after, HOSTS)


@pytest.mark.parametrize(
    ("address", "named"),
    [
        ("https://known.example/x", True),
        ("//known.example?x", True),
        ("\n> <HTTPS://KNOWN.EXAMPLE#x", True),
        ("mailto:a@corp.example", True),
        ("mailto:a@corp.example?cc=", False),
        ("https://known.example.", True),
        ("https://known.example&#47;", False),
        ("https://known.example:x@evil.example/", False),
        ("/x", False),
        ("", False),
    ],
)
def test_destinations_that_lead_to_a_named_host(address: str, *, named: bool) -> None:
    assert is_named(address, HOSTS) is named


@pytest.mark.parametrize(
    ("value", "may"), [("Kenji Tanaka", False), ("com", True), ("jp", True), ("a.com", True)]
)
def test_names_end_no_host(value: str, *, may: bool) -> None:
    assert may_end_host(value) is may
