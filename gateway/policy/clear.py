"""Permission to send. The only module that holds the seal."""

from gateway.cleared import _SEAL, Cleared
from gateway.errors import PolicyDenied
from gateway.types import Decision, Deployment, MaskedCall, Vault


def clear(*, call: MaskedCall, vault: Vault, decision: Decision, deployment: Deployment) -> Cleared:
    """Permit a masked call to go to a deployment.

    Raises:
        PolicyDenied: the decision does not allow it there.
        TypeError: the call was not masked.
    """
    verdict = decision.candidates.get(deployment.name)
    if not decision.allow or verdict is None or not verdict.allow:
        reasons = decision.reasons if verdict is None else verdict.reasons
        raise PolicyDenied("The decision does not permit this deployment.", reasons=reasons)
    if not isinstance(call, MaskedCall):
        raise TypeError("only a masked call can be cleared")
    return Cleared(_SEAL, call=call, vault=vault, decision=decision, deployment=deployment)
