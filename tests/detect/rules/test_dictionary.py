import pytest

from gateway.detect.rules.dictionary import Dictionary


def found(terms: list[str], text: str) -> list[str]:
    return [text[a:b] for a, b in sorted(Dictionary(terms).find(text))]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("about Project Falcon today", ["Project Falcon"]),
        ("PROJECT  FALCON", ["PROJECT  FALCON"]),
        ("project\nfalcon", ["project\nfalcon"]),
        ("Ｐｒｏｊｅｃｔ　Ｆａｌｃｏｎ", ["Ｐｒｏｊｅｃｔ　Ｆａｌｃｏｎ"]),
        ("Project Fal\u200bcon", ["Project Fal\u200bcon"]),
        ("Project Falcons", []),
        ("Project Falcon and project falcon", ["Project Falcon", "project falcon"]),
        ("", []),
    ],
)
def test_T09_terms_in_other_case_width_and_spacing(text: str, written: list[str]) -> None:
    assert found(["Project Falcon"], text) == written


def test_japanese_terms_need_no_spaces_around_them() -> None:
    assert found(["隼計画", "ハヤブサ"], "次は隼計画です。ﾊﾔﾌﾞｻは、ハヤブサンは") == [
        "隼計画",
        "ﾊﾔﾌﾞｻ",
    ]


def test_a_term_inside_another_is_found_as_well() -> None:
    assert found(["Acme", "Acme Holdings"], "Acme Holdings, Acme") == [
        "Acme", "Acme Holdings", "Acme",
    ]  # fmt: skip


def test_many_terms_and_long_texts() -> None:
    terms = Dictionary(f"customer {number}" for number in range(50_000))
    text = "a customer 49999 b " * 5_000
    assert sum(1 for _ in terms.find(text)) == 5_000


def test_a_term_is_at_least_two_characters() -> None:
    with pytest.raises(ValueError, match="two characters"):
        Dictionary(["x"])
    assert not Dictionary([])
    assert list(Dictionary([]).find("text")) == []
