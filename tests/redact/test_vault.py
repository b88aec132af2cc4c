"""One placeholder per surface form."""

import pytest

from gateway.redact import placeholder as module
from gateway.redact.vault import RequestVault
from tests.redact.samples import KEY, vault


def test_the_same_form_has_one_placeholder_whatever_it_is_called() -> None:
    request = vault()
    assert request.put("PERSON", "Tanaka") == request.put("LOCATION", "Tanaka")
    assert request.put("PERSON", "tanaka") != request.put("PERSON", "Tanaka")


def test_T16_two_people_never_share_a_placeholder() -> None:
    request = vault()
    first, second = request.put("PERSON", "Kenji Tanaka"), request.put("PERSON", "Aiko Sato")
    assert first != second
    assert (request.get(first), request.get(second)) == ("Kenji Tanaka", "Aiko Sato")


def test_T17_a_later_turn_masks_to_the_same_placeholder() -> None:
    assert vault().put("PERSON", "Tanaka") == vault().put("PERSON", "Tanaka")


def test_T25_another_tenant_and_another_request_know_nothing() -> None:
    minted = vault().put("PERSON", "Tanaka")
    other = RequestVault(b"o" * 32, "root-1")
    assert other.get(minted) is None
    assert vault().get(minted) is None
    assert other.put("PERSON", "Tanaka") != minted


def test_a_collision_lengthens_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "digest", lambda key, value: "00000000" + value[-5:])
    request = RequestVault(KEY, "root-1")
    assert request.put("PERSON", "x11111") == "[PERSON_00000000]"
    assert request.put("PERSON", "x22222") == "[PERSON_000000002]"
    assert request.get("[PERSON_000000002]") == "x22222"


def test_literals_are_put_back_but_not_looked_for_on_the_wire() -> None:
    request = vault()
    minted = request.put("TEXT", "[PERSON_k7f3q2ab]")
    request.put("PERSON", "Tanaka")
    assert request.get(minted) == "[PERSON_k7f3q2ab]"
    assert list(request.entities()) == ["Tanaka"]


def test_no_value_is_printed() -> None:
    request = vault()
    request.put("PERSON", "Tanaka")
    assert "Tanaka" not in repr(request)


def test_a_value_has_one_replacement_of_either_kind() -> None:
    request = vault()
    made = request.surrogate("PERSON", "Kenji Tanaka", lambda _: True)
    assert made is not None
    assert request.put("PERSON", "Kenji Tanaka") == made
    assert request.get(made) == "Kenji Tanaka"
    minted = request.put("PERSON", "Suzuki")
    assert request.surrogate("PERSON", "Suzuki", lambda _: True) == minted


def test_the_wire_is_searched_for_whole_values_and_not_for_words_of_names() -> None:
    request = vault()
    request.surrogate("PERSON", "Rose Tanaka", lambda _: True)
    assert list(request.entities()) == ["Rose Tanaka"]


def test_no_surrogate_leaves_the_vault_as_it_was() -> None:
    request = vault()
    assert request.surrogate("PERSON", "Tanaka", lambda _: False) is None
    assert list(request.entities()) == []
