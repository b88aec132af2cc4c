"""Names of people in records: keyed, one for each tenant, and the same after a rotation of the ring."""

from gateway.identity.tokens.subjects import (
    PSEUDONYM,
    revoked_name,
    subject_key,
    subject_name,
    user_name,
    user_names,
)
from gateway.keys import KeyRing

RING = KeyRing.new()


def test_a_subject_keeps_its_name_when_the_ring_rotates() -> None:
    """Else what was revoked by that name would be good again (replay after revocation)."""
    before = subject_name(subject_key(RING), "kenji")
    assert subject_name(subject_key(RING.rotate()), "kenji") == before
    assert subject_name(subject_key(KeyRing.new()), "kenji") != before
    assert user_name(RING, "acme", "kenji") == user_name(RING.rotate(), "acme", "kenji")


def test_names_hide_and_tell_apart_people_and_tenants() -> None:
    names = [user_name(RING, tenant, who) for tenant in ("acme", "globex") for who in ("a", "b")]
    names.append(subject_name(subject_key(RING), "a"))
    assert len(set(names)) == len(names)
    assert all(PSEUDONYM.fullmatch(name) for name in names)
    assert user_name(RING, "acme", "\ud800")


def test_what_is_hidden_already_is_taken_as_it_is() -> None:
    hidden = user_name(RING, "acme", "kenji")
    assert user_names(RING, ["acme", "globex"], hidden) == {hidden}
    assert user_names(RING, ["acme", "globex"], "kenji") == {
        hidden,
        user_name(RING, "globex", "kenji"),
    }
    assert revoked_name(RING, hidden) == hidden
    assert revoked_name(RING, "kenji") == subject_name(subject_key(RING), "kenji")
