"""The table of the admin API."""

from gateway.edge.admin_routes import ADMIN_ROUTES
from tests.parts.admin import ROLES


def test_each_act_has_one_row_and_each_role_is_needed_somewhere() -> None:
    assert len({row.operation for row in ADMIN_ROUTES}) == len(ADMIN_ROUTES)
    assert len({(row.method, row.path) for row in ADMIN_ROUTES}) == len(ADMIN_ROUTES)
    assert {row.role for row in ADMIN_ROUTES} == set(ROLES)
