"""Claims to a principal: what names a tenant, an application, groups and roles, and what does not."""

import time
from typing import Any

import pytest

from gateway.errors import InvalidKey
from gateway.identity.tokens.claims import Claims
from gateway.settings.identity import Oidc
from gateway.types import Principal

TOLD = {"sub": "kenji", "tenant": "acme", "azp": "billing", "exp": time.time() + 60}


def read(settings: dict[str, Any], **claims: Any) -> Principal:
    oidc = Oidc.model_validate({"issuer": "https://id.example", "audience": "sekisho", **settings})
    return Claims(oidc, b"h" * 32).principal({**TOLD, **claims})


def test_the_subject_is_hidden_and_names_the_credential() -> None:
    one, other = read({}), read({}, sub="yuki")
    assert one.subject == one.credential_id != other.subject
    assert one.method == "oidc"
    assert "kenji" not in repr(one)


def test_groups_may_be_mapped_and_fixed_names_win() -> None:
    mapped = {"groups": {"Finance Team": "finance"}, "tenant": "globex", "app": "portal"}
    found = read(mapped, groups=["Finance Team", "Everyone", {"a": 1}], tenant=None, azp=None)
    assert (found.tenant, found.app, found.groups) == ("globex", "portal", frozenset({"finance"}))


def test_a_role_is_only_what_the_settings_name() -> None:
    claims = {"roles": ["auditor", "key-admin"], "groups": ["auditor"], "tenants": ["*"]}
    assert not read({}, **claims).roles
    named = {"roles": {"Auditors": "auditor"}, "role_tenants_claim": "tenants"}
    found = read(named, roles=["Auditors", "key-admin", {"a": 1}], tenants=["globex"])
    assert found.roles == {"auditor"}
    assert found.role_tenants == {"globex"}
    assert read(named, roles="Auditors").role_tenants == {"acme"}
    with pytest.raises(InvalidKey):
        read(named, roles="Auditors", tenants=["Acme Corp"])


@pytest.mark.parametrize("claims", [{"tenant": "Acme"}, {"azp": None}, {"groups": [{"a": 1}]}])
def test_a_claim_that_is_no_name_is_not_coerced_into_one(claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidKey, match="do not name a valid tenant"):
        read({}, **claims)
