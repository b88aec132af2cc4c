"""Only permitted deployments are tried, in the configured order."""

import pytest

from gateway.errors import NoDeployment
from gateway.routing.route import route
from tests.parts.samples import decision, deployment

DEPLOYMENTS = tuple(map(deployment, ("a", "b", "c")))


def test_the_order_is_kept_and_the_refused_are_left_out() -> None:
    permitted = route(decision({"c": True, "b": False, "a": True}), DEPLOYMENTS)
    assert [d.name for d in permitted] == ["a", "c"]


def test_T36_a_deployment_that_the_decision_does_not_name_is_not_tried() -> None:
    assert [d.name for d in route(decision({"b": True}), DEPLOYMENTS)] == ["b"]


@pytest.mark.parametrize("allowed", [{}, {"a": False}])
def test_nothing_permitted_is_an_error(allowed: dict[str, bool]) -> None:
    with pytest.raises(NoDeployment):
        route(decision(allowed), DEPLOYMENTS)
