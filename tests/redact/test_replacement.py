"""The text that replaces a value."""

from gateway.redact.replacement import replacement
from tests.redact.samples import vault


def test_a_placeholder_is_put_back_and_the_others_are_not() -> None:
    box = vault()
    placeholder = replacement("placeholder", "PERSON", "Tanaka", box)
    assert box.get(placeholder) == "Tanaka"
    masked = replacement("mask", "PERSON", "Suzuki", box)
    hashed = replacement("hash", "PERSON", "Suzuki", box)
    assert masked == "[PERSON]"
    assert box.get(masked) is None
    assert box.get(hashed) is None


def test_under_every_treatment_the_wire_is_searched_for_the_value() -> None:
    box = vault()
    replacement("mask", "PERSON", "Tanaka", box)
    replacement("hash", "PERSON", "Suzuki", box)
    assert set(box.entities()) == {"Tanaka", "Suzuki"}


def test_a_hash_is_the_same_for_the_same_value_and_another_for_another() -> None:
    first = replacement("hash", "PERSON", "Tanaka", vault())
    assert first == replacement("hash", "PERSON", "Tanaka", vault())
    assert first != replacement("hash", "PERSON", "Suzuki", vault())
    assert first.startswith("[PERSON#")
    assert "Tanaka" not in first


def test_a_surrogate_is_put_back_and_where_none_fits_a_placeholder_stands() -> None:
    box = vault()
    made = replacement("surrogate", "EMAIL_ADDRESS", "aiko@corp.example", box)
    assert box.get(made) == "aiko@corp.example"
    assert "@example." in made
    assert replacement("surrogate", "ID", "--", box).startswith("[ID_")


def test_a_value_with_a_surrogate_keeps_it_under_another_treatment() -> None:
    box = vault()
    made = replacement("surrogate", "PERSON", "Suzuki", box)
    assert replacement("hash", "LOCATION", "Suzuki", box) == made
