from hypothesis import given
from hypothesis import strategies as st

from gateway.text.string_set import StringSet

needle = st.text("ab1", min_size=1, max_size=6)


@given(st.sets(needle, max_size=60), st.text("ab1", max_size=60))
def test_few_or_many_are_found_at_every_place(needles: set[str], haystack: str) -> None:
    expected = {
        (start, start + len(one))
        for one in needles
        for start in range(len(haystack))
        if haystack.startswith(one, start)
    }
    found = list(StringSet(needles).find(haystack))
    assert sorted(found) == sorted(expected)


def test_a_hundred_thousand_in_a_text_that_holds_them_all() -> None:
    needles = [f"user{number}@example.com" for number in range(100_000)]
    assert sum(1 for _ in StringSet(needles).find(" ".join(needles))) == 111_110 - 11_110


def test_none() -> None:
    assert not StringSet([])
    assert list(StringSet([]).find("text")) == []
