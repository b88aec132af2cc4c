"""API keys of the configuration: what is found, and that nothing else is."""

import pytest

from gateway.identity.keys.api_keys import ApiKeys
from gateway.settings.identity import ApiKey

KEY = "sk-sekisho-0123456789abcdef"
ROW = ApiKey(id="billing", key_env="K", tenant="acme", app="billing", groups=("finance",))


@pytest.fixture
def keys() -> ApiKeys:
    return ApiKeys([ROW], environ={"K": KEY}, hash_key=b"h" * 32)


def test_a_known_key_gives_its_principal(keys: ApiKeys) -> None:
    principal = keys.find(KEY.encode())
    assert principal is not None
    assert (principal.tenant, principal.app, principal.subject) == ("acme", "billing", "billing")
    assert principal.groups == {"finance"}


@pytest.mark.parametrize("other", [KEY[:-1], KEY.upper(), f"{KEY} x", "", f"{KEY}\n"])
def test_nothing_else_does(keys: ApiKeys, other: str) -> None:
    assert keys.find(other.encode()) is None


def test_no_key_is_kept(keys: ApiKeys) -> None:
    assert KEY not in repr(vars(keys))
    assert KEY.encode() not in repr(vars(keys)).encode()
