"""The rule by which a value is found in a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.text.occurrences import Occurrences


def found(value: str, text: str) -> list[str]:
    return [text[o.start : o.end] for o in Occurrences([value]).find([text])]


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        ("Tanaka", "Mr. Tanaka, TANAKA and tanaka", ["Tanaka", "TANAKA", "tanaka"]),
        ("Tanaka", "Tanakamura xTanaka", []),
        ("Tanaka", "user_Tanaka_2 tanaka2", ["Tanaka", "tanaka"]),
        ("Tanaka", "Ｔａｎａｋａ ta\u200bnaka", ["Ｔａｎａｋａ", "ta\u200bnaka"]),
        ("Kenji Tanaka", "Kenji\n  Tanaka", ["Kenji\n  Tanaka"]),
        ("田中", "田中様と田中区", ["田中", "田中"]),
        ("マリ", "マリオとマリ", ["マリ"]),
        ("4111 1111 1111 1111", "4111-1111-1111-1111 4111111111111111", None),
        ("4111111111111111", "94111111111111111 41111111111111112", []),
        ("4111111111111111", "x4111111111111111y", ["4111111111111111"]),
        ("090-1234-5678", "０９０（１２３４）５６７８ 090.1234.5678", None),
        ("Will", "Will will WILL", ["Will"]),
        ("Li", "Li", []),
        ("林", "林", []),
        ("12", "12", []),
        ("485", "485", []),
        ("636", "636. Notices", []),
        ("4856", "4856", ["4856"]),
        ("a@b.example", "to A@B.example.", ["A@B.example"]),
    ],
)
def test_the_rule(value: str, text: str, expected: list[str] | None) -> None:
    assert found(value, text) == (text.split(" ") if expected is None else expected)


def test_texts_are_separate() -> None:
    hits = Occurrences(["Kenji Tanaka", "Sato"]).find(["Kenji", "Tanaka", "Sato", "x Sato"])
    assert sorted((o.text, o.start, o.value) for o in hits) == [(2, 0, "Sato"), (3, 2, "Sato")]


@given(
    st.text(max_size=30),
    st.sampled_from(["Tanaka", "田中健二", "090-1234-5678", "a@b.example"]),
    st.text(max_size=30),
)
def test_T57_a_value_between_spaces_is_always_found(before: str, value: str, after: str) -> None:
    text = f"{before} | {value} | {after}"
    assert any(text[o.start : o.end] == value for o in Occurrences([value]).find([text]))


def test_nothing_to_find_costs_nothing() -> None:
    assert not Occurrences([])
    assert Occurrences(["x"]).find(["x"]) == []
    assert Occurrences(["Tanaka"]).contains("dear tanaka")
