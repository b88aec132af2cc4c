"""The form of placeholders."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.redact.placeholder import ALPHABET, LENGTH, MAX_LENGTH, PATTERN, digest, placeholder


@given(st.binary(min_size=32, max_size=32), st.text())
def test_a_digest_is_stable_keyed_and_in_the_alphabet(key: bytes, value: str) -> None:
    digits = digest(key, value)
    assert digits == digest(key, value)
    assert digits != digest(bytes([key[0] ^ 1]) + key[1:], value)
    assert set(digits) <= set(ALPHABET)


@given(
    st.from_regex(r"[A-Z][A-Z_]{0,60}", fullmatch=True),
    st.integers(LENGTH, 13),
)
def test_any_entity_gives_a_placeholder_of_at_most_40_ascii_characters(
    entity: str, length: int
) -> None:
    minted = placeholder(entity, digest(b"k" * 32, "v")[:length])
    assert PATTERN.fullmatch(minted)
    assert minted.isascii()
    assert len(minted) <= MAX_LENGTH


def test_the_alphabet_has_no_look_alikes() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set("iloucapital".upper()) & set(ALPHABET)
    assert not set("ilou") & set(ALPHABET)
