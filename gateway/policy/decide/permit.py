"""Permission to send: ``upstream`` accepts nothing else, and only :func:`clear` creates it."""

from typing import Final, final

from gateway.errors import PolicyDenied
from gateway.types import Decision, Deployment, MaskedCall, Vault


class _Seal:
    """A capability token that only this module holds; see :class:`Cleared`."""


_SEAL: Final = _Seal()


@final
class Cleared:
    """Permission to send: the only thing ``upstream`` accepts.

    Only :func:`clear` can create one: the constructor requires the seal, for the type checker and at run time
    (``TypeError``), and a test ensures that no other module names it.
    """

    __slots__ = ("call", "decision", "deployment", "vault")

    def __init__(
        self,
        seal: _Seal,
        *,
        call: MaskedCall,
        vault: Vault,
        decision: Decision,
        deployment: Deployment,
    ) -> None:
        if seal is not _SEAL:
            raise TypeError("only clear() creates a Cleared")
        self.call: Final = call
        self.vault: Final = vault
        self.decision: Final = decision
        self.deployment: Final = deployment


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
    # Checked at run time too: without a type checker, a plain Call would be sent unmasked.
    if not isinstance(call, MaskedCall):
        raise TypeError("only a masked call can be cleared")
    return Cleared(_SEAL, call=call, vault=vault, decision=decision, deployment=deployment)
