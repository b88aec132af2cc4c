import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.presidio import build

TEXT = (
    "Ann, aged 42, joined Acme Tools Ltd. on 2024-05-01; nationality: French. 株式会社隼商事、35歳"
)


def found(*entities: str) -> list[tuple[str, str]]:
    engine = build(("en", "ja"), [f"optional={entity}" for entity in entities])
    (spans,) = engine.detect([Passage(text=TEXT, languages=("en", "ja"))])
    return [
        (s.entity, TEXT[s.start : s.end]) for s in spans if s.entity in entities or not entities
    ]


@pytest.mark.parametrize(
    ("entity", "values"),
    [
        ("ORGANIZATION", ["Acme Tools Ltd.", "株式会社隼商事"]),
        ("DATE_TIME", ["2024-05-01"]),
        ("NRP", ["French"]),
        ("AGE", ["42", "35"]),
    ],
)
def test_an_enabled_entity_is_found(entity: str, values: list[str]) -> None:
    assert found(entity) == [(entity, value) for value in values]


def test_none_is_found_by_default() -> None:
    assert not {entity for entity, _ in found()} & {"ORGANIZATION", "DATE_TIME", "NRP", "AGE"}


@pytest.mark.parametrize(
    "text",
    [
        "A" * 50_000,
        "Ab " * 20_000,
        "株式会社" * 10_000,
        "age " * 10_000,
        "隼" * 30_000,
        "12 " * 20_000,
    ],
)
def test_hostile_texts_take_no_more_than_linear_time(text: str) -> None:
    engine = build(
        ("ja",), ["optional=ORGANIZATION", "optional=AGE", "optional=NRP", "optional=DATE_TIME"]
    )
    engine.detect([Passage(text=text, languages=("ja",))])
