"""The order in which permitted deployments are tried."""

from collections.abc import Sequence

from gateway.errors import NoDeployment
from gateway.types import Decision, Deployment


def route(decision: Decision, deployments: Sequence[Deployment]) -> tuple[Deployment, ...]:
    """The deployments that the decision permits, in order of preference.

    Raises:
        NoDeployment: there is none.
    """
    verdicts = decision.candidates
    permitted = tuple(
        deployment
        for deployment in deployments
        if deployment.name in verdicts and verdicts[deployment.name].allow
    )
    if not decision.allow or not permitted:
        raise NoDeployment("No permitted deployment serves this model. Ask the operator.")
    return permitted
