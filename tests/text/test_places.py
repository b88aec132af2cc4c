"""Which values are replaced where."""

import typing

import pytest

from gateway.text.places import FIXED, INSIDE_JSON, may_replace
from gateway.types import Place

PLACES: tuple[Place, ...] = typing.get_args(Place)
NAMES: tuple[Place, ...] = ("key", "identifier", "tool_name")


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("value", "entity"),
    [
        ("4111 1111 1111 1111", "CREDIT_CARD"),
        ("ghp_0123", "SECRET_API_KEY"),
        ("emp", "EMPLOYEE_ID"),
        ("a@b.example", "EMAIL_ADDRESS"),
        ("a%40b.example", "EMAIL_ADDRESS"),
        ("+81 90-1234-5678", "PHONE_NUMBER"),
        ("https://u:p@h.example/", "URL"),
        ("hunter2hunter2", "SECRET_PASSWORD"),
        ("two words", "SECRET_PASSWORD"),
    ],
)
def test_what_its_form_proves_is_replaced_everywhere(value: str, entity: str, place: Place) -> None:
    assert may_replace(value, entity, place)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("value", "entity"),
    [
        ("Max", "PERSON"),
        ("max", "USERNAME"),
        ("$ref", "LOCATION"),
        ("port", "PHONE_NUMBER"),
        ("user_id", "ID_NUM"),
        ("http.route", "URL"),
        ("required", "SECRET_PASSWORD"),
    ],
)
def test_B63_B64_a_guess_is_left_alone_in_names(value: str, entity: str, place: Place) -> None:
    assert may_replace(value, entity, place) is (place not in NAMES)


@pytest.mark.parametrize("value", ["Kenji Tanaka", "田中健二", "10.0.0.5", "636", "Max!", "a@b"])
def test_a_key_that_is_no_identifier_is_text(value: str) -> None:
    assert may_replace(value, "PERSON", "key")
    assert not any(may_replace(value, "PERSON", place) for place in FIXED)


def test_the_places_inside_json() -> None:
    assert set(INSIDE_JSON.values()) == {"literal", "number", "key"}
