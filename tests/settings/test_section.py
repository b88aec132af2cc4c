"""Sections of the configuration are frozen and take no key that they do not know."""

import pytest
from pydantic import ValidationError

from gateway.settings.section import Caller, Name, Section


class Sample(Section):
    name: Name


def test_a_section_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Sample(name="a").name = "b"  # type: ignore[misc]


def test_an_unknown_key_is_refused_and_its_value_is_not_printed() -> None:
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate({"name": "a", "secret": "hunter2"})
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "A", "-a", "a b", "a/b", "é", "a" * 65])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(ValidationError):
        Sample(name=name)


def test_names_are_names_and_roles_are_roles() -> None:
    caller = Caller(id="desk", tenant="acme", app="desk", roles=("auditor",), role_tenants=("*",))
    assert (caller.groups, caller.role_tenants) == ((), ("*",))
    for wrong in ({"tenant": "Acme"}, {"roles": ("root",)}, {"role_tenants": ("a b",)}):
        with pytest.raises(ValidationError):
            Caller.model_validate({"id": "desk", "tenant": "acme", "app": "desk", **wrong})
