"""API keys: what authenticates, and that nothing else does."""

import pytest

from gateway.errors import InvalidKey
from gateway.identity.api_keys import ApiKeys
from gateway.settings import ApiKey

KEY = "sk-sekisho-0123456789abcdef"
ROW = ApiKey(id="billing", key_env="K", tenant="acme", app="billing", groups=("finance",))


@pytest.fixture
def keys() -> ApiKeys:
    return ApiKeys([ROW], environ={"K": KEY}, hash_key=b"h" * 32)


def test_a_known_key_gives_its_principal(keys: ApiKeys) -> None:
    principal = keys.authenticate([(b"authorization", f"Bearer {KEY}".encode())])
    assert (principal.tenant, principal.app, principal.credential_id) == (
        "acme",
        "billing",
        "billing",
    )
    assert principal.groups == {"finance"}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_scheme_is_caseless(keys: ApiKeys, scheme: str) -> None:
    assert keys.authenticate([(b"authorization", f"{scheme} {KEY}".encode())]).app == "billing"


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"authorization", b"")],
        [(b"authorization", KEY.encode())],
        [(b"authorization", b"Bearer ")],
        [(b"authorization", b"Basic " + KEY.encode())],
        [(b"authorization", b"Bearer " + KEY[:-1].encode())],
        [(b"authorization", b"Bearer " + KEY.upper().encode())],
        [(b"authorization", b"Bearer " + KEY.encode() + b" x")],
        [(b"authorization", b"Bearer \xff\xfe' OR 1=1 --")],
        [(b"authorization", b"Bearer " + KEY.encode())] * 2,
        [(b"x-forwarded-authorization", b"Bearer " + KEY.encode())],
    ],
)
def test_T39_anything_else_is_refused(keys: ApiKeys, headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(InvalidKey) as caught:
        keys.authenticate(headers)
    assert KEY not in str(caught.value)


def test_no_key_is_kept(keys: ApiKeys) -> None:
    assert KEY not in repr(vars(keys))
    assert KEY.encode() not in repr(vars(keys)).encode()
