import pytest

from gateway.detect.dictionary import Dictionary


def found(terms: list[str], text: str) -> list[tuple[str, str]]:
    return [(text[a:b], term) for a, b, term in Dictionary(terms).find(text)]


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
    assert [w for w, _ in found(["Project Falcon"], text)] == written


def test_japanese_terms_need_no_spaces_around_them() -> None:
    assert found(["隼計画", "ハヤブサ"], "次は隼計画です。ﾊﾔﾌﾞｻは、ハヤブサンは") == [
        ("隼計画", "隼計画"), ("ﾊﾔﾌﾞｻ", "ハヤブサ"),
    ]  # fmt: skip


def test_the_longest_term_is_taken_at_each_place() -> None:
    assert found(["Acme", "Acme Holdings"], "Acme Holdings, Acme") == [
        ("Acme Holdings", "Acme Holdings"), ("Acme", "Acme"),
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
