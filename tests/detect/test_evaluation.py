import pytest

from gateway.detect.evaluation import Score, family

SCOPE = frozenset({"PERSON", "LOCATION", "SECRET"})


def score(
    text: str, labels: list[tuple[int, int, str]], found: list[tuple[int, int, str]]
) -> Score:
    result = Score()
    result.add(text, labels, found, SCOPE)
    return result


def test_a_hit_needs_the_label_and_half_of_the_text() -> None:
    text = "Kenji Tanaka lives here"
    label = (0, 12, "PERSON")
    assert score(text, [label], [(0, 12, "PERSON")]).total.f2 == 1.0
    assert score(text, [label], [(6, 12, "PERSON")]).total.hits == 1
    assert score(text, [label], [(8, 12, "PERSON")]).total.hits == 0
    assert score(text, [label], [(0, 12, "LOCATION")]).total.hits == 0


def test_parts_of_names_and_addresses_are_one() -> None:
    text = "Kenji Tanaka, 12 Elm Street, Paris"
    labels = [(0, 5, "FIRSTNAME"), (6, 12, "SURNAME"), (14, 27, "STREET"), (29, 34, "CITY")]
    result = score(text, labels, [(0, 12, "PERSON"), (14, 34, "LOCATION")])
    assert (result.total.hits, result.total.labelled, result.total.found) == (2, 2, 2)


def test_a_value_is_missed_if_no_letter_is_found_under_any_entity() -> None:
    text = "Kenji met Akiko"
    labels = [(0, 5, "PERSON"), (10, 15, "PERSON")]
    result = score(text, labels, [(0, 1, "SECRET_TOKEN")])
    assert (result.entities, result.missed) == (2, 1)


def test_over_counts_ordinary_letters() -> None:
    result = score("Kenji met ab", [(0, 5, "PERSON")], [(0, 9, "PERSON")])
    assert (result.ordinary, result.over) == (5, 3)


def test_a_finding_on_a_label_out_of_scope_does_not_lower_precision() -> None:
    labels = [(0, 4, "ORGANIZATION")]
    assert score("Acme hires", labels, [(0, 4, "PERSON")]).total.found == 0
    assert score("Acme hires", labels, [(5, 10, "PERSON")]).total.found == 1


def test_no_rows_do_not_divide_by_zero() -> None:
    assert score("", [], []).total.f2 == 0.0


def test_recall_weighs_more() -> None:
    text = "Kenji x Akiko"
    labels = [(0, 5, "PERSON"), (8, 13, "PERSON")]
    total = score(text, labels, [(0, 5, "PERSON")]).total
    assert (total.precision, total.recall) == (1.0, 0.5)
    assert total.f2 == pytest.approx(5 * 0.5 / 4.5)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("PER", "PERSON"),
        ("人名", "PERSON"),
        ("gpe", "LOCATION"),
        ("LICENSEPLATENUM", "ID"),
        ("DRIVER_LICENSE", "ID"),
        ("SECRET_API_KEY", "SECRET"),
        ("OTHER", "OTHER"),
    ],
)
def test_families(label: str, expected: str) -> None:
    assert family(label) == expected
