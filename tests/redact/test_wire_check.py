"""The wire check finds what masking should have removed, in every spelling, and nothing else."""

import json

import pytest

from gateway.errors import RedactionFailed
from gateway.redact.replacement import replacement
from gateway.redact.vault import RequestVault
from gateway.redact.wire_check import check
from gateway.types import Place, Treatment
from tests.redact.samples import vault

PLACES: tuple[Place, ...] = (
    "prose", "literal", "number", "key", "identifier", "tool_name", "signed",
)  # fmt: skip


def spelled(content: str, levels: int, *, ascii_only: bool) -> str:
    for _ in range(levels):
        content = json.dumps({"a": content}, ensure_ascii=ascii_only)
    return content


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("levels", [0, 1, 2])
@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Kenji Tanaka", "dear Kenji Tanaka,"),
        ("Kenji Tanaka", "KENJI\nTANAKA"),
        ("田中健二", "田中健二様"),
        ("090-1234-5678", "０９０１２３４５６７８"),
        ('pass"word\\1', 'it is pass"word\\1'),
        ("taro@example.jp", "はtaro@example.jpです"),
    ],
)
def test_a_value_on_the_wire_refuses(
    value: str, written: str, ascii_only: bool, levels: int
) -> None:
    request = vault()
    request.put("PERSON", value)
    with pytest.raises(RedactionFailed) as caught:
        check(request, [("x", "prose"), (spelled(written, levels, ascii_only=ascii_only), "prose")])
    assert value not in str(caught.value)


@pytest.mark.parametrize("place", PLACES)
def test_a_proven_value_refuses_at_every_place(place: Place) -> None:
    request = vault()
    request.put("CREDIT_CARD", "4111111111111111")
    with pytest.raises(RedactionFailed):
        check(request, [("4111-1111-1111-1111", place)])


def test_B64_a_guess_is_not_looked_for_in_a_name() -> None:
    request = vault()
    request.put("PERSON", "Max")
    check(request, [("max", "key"), ("max", "identifier"), ("max", "tool_name")])
    for place in ("prose", "literal", "signed"):
        with pytest.raises(RedactionFailed):
            check(request, [("max", place)])


def test_one_entity_that_permits_it_is_enough() -> None:
    request = vault()
    request.put("PERSON", "Max")
    request.put("EMPLOYEE_ID", "Max")
    with pytest.raises(RedactionFailed):
        check(request, [("max", "tool_name")])


def test_placeholders_and_other_text_pass() -> None:
    request = vault()
    minted = request.put("PERSON", "Tanaka")
    check(request, [(f"{minted} met Tanakamura", "prose")])
    check(vault(), [("Tanaka", "prose")])


@pytest.mark.parametrize("how", ["placeholder", "surrogate", "mask", "hash"])
def test_B03_a_replacement_may_hold_another_value(how: Treatment) -> None:
    request = vault()
    made = replacement(how, "ID_NUM", "AB-4711-XY", request)
    for held in ("ID_NUM", "NUM", made.strip("[]"), made.strip("[]").rpartition("_")[2]):
        request.put("PERSON", held)
    check(request, [(f"it is {made}.", "prose")])
    with pytest.raises(RedactionFailed):
        check(request, [(f"it is {made}, not ab-4711-xy", "prose")])


def test_B03_the_digits_of_a_placeholder_are_no_value() -> None:
    text = "Notices sent: {}, and {}."
    for number in range(2000):
        request = RequestVault(number.to_bytes(32), "root-1")
        made = request.put("LOCATION", "Kyoto")
        digits = "".join(c if c.isdigit() else " " for c in made).split()
        for run in digits:
            if len(run) > 2:
                check_with(request, run, text.format(made, request.put("LOCATION", run)))


def check_with(request: RequestVault, value: str, text: str) -> None:
    assert value in request.entities()
    check(request, [(text, "prose")])


def test_B03_three_digits_are_not_searched_for() -> None:
    request = vault()
    request.put("LOCATION", "636")
    request.put("PHONE_NUMBER", "+81 90-3285-6015\n485")
    check(request, [("636 and 485", "prose")])


def test_a_value_is_not_joined_over_a_replacement() -> None:
    request = vault()
    minted = request.put("LOCATION", "Tanaka [")
    check(request, [(f"Kenji Tanaka {minted}", "prose")])
