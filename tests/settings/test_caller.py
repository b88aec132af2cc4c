"""What every caller of the configuration has."""

import pytest
from pydantic import ValidationError

from gateway.settings.caller import Caller


def test_names_are_names_and_roles_are_roles() -> None:
    caller = Caller(id="desk", tenant="acme", app="desk", roles=("auditor",), role_tenants=("*",))
    assert (caller.groups, caller.role_tenants) == ((), ("*",))
    for wrong in ({"tenant": "Acme"}, {"roles": ("root",)}, {"role_tenants": ("a b",)}):
        with pytest.raises(ValidationError):
            Caller.model_validate({"id": "desk", "tenant": "acme", "app": "desk", **wrong})
