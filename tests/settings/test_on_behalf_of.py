"""Settings of applications that call for users: no application twice, no token for two purposes or tenants."""

from typing import Any

import pytest

from gateway.settings.identity import Oidc
from gateway.settings.on_behalf_of import OnBehalfOf, user_faults

OIDC = Oidc(issuer="https://id.example", audience="sekisho")


def row(**changes: Any) -> OnBehalfOf:
    base = {"issuer": OIDC.issuer, "audience": "users", "tenant": "acme", "apps": ["portal"]}
    return OnBehalfOf.model_validate({**base, **changes})


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([row(), row(audience="others")], ["on_behalf_of.1.apps: 'portal' is given twice"]),
        ([row(audience="sekisho")], ["on_behalf_of.0.audience: is the same as in identity.oidc"]),
        (
            [row(), row(tenant="globex", tenant_claim="tenant")],
            ["on_behalf_of.0.tenant_claim: needed"],
        ),
        ([row(), row(tenant="globex", audience="others")], []),
        ([row(), row(apps=["desk"])], []),
    ],
)
def test_what_two_rows_must_not_share(rows: list[OnBehalfOf], expected: list[str]) -> None:
    faults = user_faults(rows, OIDC)
    assert len(faults) == len(expected)
    assert all(part in fault for part, fault in zip(expected, faults, strict=True))
