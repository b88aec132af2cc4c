import pytest

from gateway.detect.scan.name_parts import name_parts


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Kenji Tanaka", ["Kenji", "Tanaka"]),
        ("Mr. Kenji Tanaka", ["Kenji", "Tanaka"]),
        ("Anna-Lena Meyer-Landrut", ["Anna-Lena", "Meyer-Landrut"]),
        ("John F. Kennedy", ["Kennedy"]),
        ("Rose Baker", []),
        ("Li Wu", []),
        ("田中 健二", ["田中", "健二"]),
        ("森 健二", ["健二"]),
        ("カール・バルト", ["カール", "バルト"]),
        ("Ｋｅｎｊｉ Ｔａｎａｋａ", ["Ｋｅｎｊｉ", "Ｔａｎａｋａ"]),
        ("Tanaka", []),
        ("田中健二", []),
        ("kenji tanaka", []),
        ("One Two Three Four Five", []),
        ("Kenji 2024", ["Kenji"]),
        ("", []),
    ],
)
def test_the_parts_that_identify_a_person(name: str, parts: list[str]) -> None:
    assert list(name_parts(name)) == parts
