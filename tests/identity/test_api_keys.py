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
        [(b"api-key", b"")],
        [(b"api-key", b"Bearer " + KEY.encode())],
        [(b"x-api-key", KEY.encode())] * 2,
        [(b"x-api-key", KEY.encode()), (b"api-key", KEY[:-1].encode())],
        [(b"x-api-key", KEY.encode()), (b"authorization", b"Basic eDp5")],
        [(b"x-forwarded-authorization", b"Bearer " + KEY.encode())],
    ],
)
def test_T39_anything_else_is_refused(keys: ApiKeys, headers: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(InvalidKey) as caught:
        keys.authenticate(headers)
    assert KEY not in str(caught.value)


@pytest.mark.parametrize("names", [["api-key"], ["x-api-key"], ["x-api-key", "authorization"]])
def test_the_headers_of_other_sdks_are_taken(keys: ApiKeys, names: list[str]) -> None:
    values = {name: f"Bearer {KEY}" if name == "authorization" else KEY for name in names}
    headers = [(name.encode(), value.encode()) for name, value in values.items()]
    assert keys.authenticate(headers).app == "billing"


def test_no_key_is_kept(keys: ApiKeys) -> None:
    assert KEY not in repr(vars(keys))
    assert KEY.encode() not in repr(vars(keys)).encode()
