from hypothesis import given
from hypothesis import strategies as st

from gateway.text.string_set import MAX_NESTED, StringSet

needle = st.text("ab1", min_size=1, max_size=6)


def places(needles: set[str], haystack: str) -> set[tuple[int, int]]:
    return {
        (start, start + len(one))
        for one in needles
        for start in range(len(haystack))
        if haystack.startswith(one, start)
    }


@given(st.sets(needle, max_size=60), st.text("ab1", max_size=60), st.booleans())
def test_few_or_many_are_found_at_every_place(
    needles: set[str], haystack: str, at_once: bool
) -> None:
    wanted = StringSet(needles)
    found = list(wanted._at_once(haystack) if at_once and needles else wanted.find(haystack))
    # No string of six characters ends with as many others as are bounded.
    assert not wanted.nested
    assert sorted((start, end) for start, end, _ in found) == sorted(places(needles, haystack))
    assert all(haystack[start:end] == one for start, end, one in found)


@given(st.sets(st.text("ab", min_size=1, max_size=14), max_size=60), st.text("ab", max_size=60))
def test_what_nested_strings_cover_stays_covered(needles: set[str], haystack: str) -> None:
    chain = {"a" * size for size in range(1, 13)}
    found = list(StringSet(needles | chain).find(haystack))
    covered = {at for start, end, _ in found for at in range(start, end)}
    expected = {at for start, end in places(needles | chain, haystack) for at in range(start, end)}
    assert expected <= covered


def test_B10_nested_strings_are_reported_a_bounded_number_of_times() -> None:
    chain = ["a" * size for size in range(1, 400)]
    counts = [sum(1 for _ in StringSet(chain).find("a" * size)) for size in (20_000, 40_000)]
    assert counts[0] <= MAX_NESTED * 20_000
    assert counts[1] <= 2 * counts[0] + MAX_NESTED


def test_slices_meet_without_a_gap() -> None:
    needles = {f"user{number}" for number in range(100)} | {"x" * 70}
    haystack = ("y" * 32_760 + "user7" + "x" * 71) * 3
    found = {(start, end) for start, end, _ in StringSet(needles).find(haystack)}
    assert found == places(needles, haystack)


def test_an_unpaired_surrogate_is_searched_as_one_character() -> None:
    needles = [f"name{number}\ud83d" for number in range(20)]
    haystack = "é\ud83d name7\ud83d " + "z" * 60_000
    assert [haystack[start:end] for start, end, _ in StringSet(needles).find(haystack)] == [
        "name7\ud83d"
    ]


def test_a_hundred_thousand_in_a_text_that_holds_them_all() -> None:
    needles = [f"user{number}@example.com" for number in range(100_000)]
    assert sum(1 for _ in StringSet(needles).find(" ".join(needles))) == 100_000


def test_none() -> None:
    assert not StringSet([])
    assert list(StringSet([]).find("text")) == []
