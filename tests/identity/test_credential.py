"""Where SDKs put their keys, and everything that is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidKey
from gateway.identity.credential import extract_credential

KEY = b"sk-sekisho-0123456789abcdef"


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"Bearer " + KEY)],
        [(b"authorization", b"bearer   " + KEY + b" ")],
        [(b"api-key", KEY)],
        [(b"x-api-key", KEY)],
        [(b"x-api-key", KEY), (b"authorization", b"BEARER " + KEY)],
    ],
    ids=["openai", "spaced", "azure", "anthropic", "both alike"],
)
def test_each_sdk_sends_it_in_its_own_header(headers: list[tuple[bytes, bytes]]) -> None:
    assert extract_credential([(b"accept", b"*/*"), *headers]) == KEY


@pytest.mark.parametrize(
    "headers",
    [
        [(b"authorization", b"")],
        [(b"authorization", KEY)],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"Basic " + KEY)],
        [(b"authorization", b"Bearer " + KEY + b" x")],
        [(b"authorization", b"Bearer \xff\xfe' OR 1=1 --")],
        [(b"authorization", b"Bearer " + b"a" * 20_000)],
        [(b"authorization", b"Bearer " + KEY)] * 2,
        [(b"x-api-key", KEY), (b"x-api-key", KEY)],
        [(b"x-api-key", KEY), (b"authorization", b"Bearer other")],
        [(b"x-api-key", KEY), (b"api-key", b"other")],
        [(b"x-api-key", b"")],
        [(b"x-api-key", KEY), (b"authorization", b"Basic " + KEY)],
    ],
)
def test_T39_anything_else_is_refused(headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(InvalidKey) as caught:
        extract_credential(headers)
    assert KEY.decode() not in str(caught.value)


def test_other_headers_hold_none() -> None:
    for headers in ([], [(b"x-forwarded-authorization", b"Bearer " + KEY)]):
        assert extract_credential(headers) is None


@given(
    st.lists(
        st.tuples(st.sampled_from([b"authorization", b"api-key", b"x-api-key"]), st.binary()),
        max_size=3,
    )
)
def test_T39_any_bytes_are_a_plain_credential_or_a_refusal(
    headers: list[tuple[bytes, bytes]],
) -> None:
    try:
        found = extract_credential(headers)
    except InvalidKey:
        return
    assert (found is None) == (not headers)
    assert all(33 <= byte <= 126 for byte in found or b"")
