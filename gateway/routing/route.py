"""The order in which permitted deployments are tried."""

from gateway.errors import NoDeployment
from gateway.routing.catalogue import ModelEntry
from gateway.types import Decision, Deployment


def route(decision: Decision, entry: ModelEntry) -> tuple[Deployment, ...]:
    """The deployments that the decision permits, in order of preference.

    Raises:
        NoDeployment: there is none.
    """
    verdicts = decision.candidates
    permitted = tuple(
        deployment
        for deployment in entry.deployments
        if deployment.name in verdicts and verdicts[deployment.name].allow
    )
    if not decision.allow or not permitted:
        raise NoDeployment("No permitted deployment serves this model. Ask the operator.")
    return permitted
