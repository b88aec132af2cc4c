"""Permission to send: what ``upstream`` takes, and nothing else makes but ``policy.clear``."""

from typing import Final, final

from gateway.types import Decision, Deployment, MaskedCall, Vault


class _Seal:
    """Held by ``policy.clear`` alone; see :class:`Cleared`."""


_SEAL: Final = _Seal()


@final
class Cleared:
    """Permission to send: the only thing ``upstream`` accepts.

    Only ``policy.clear()`` can make one: the type checker asks for the seal, the constructor checks it (with a
    ``TypeError``), and a test proves that no other module names it.
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
            raise TypeError("a Cleared is made by policy.clear() alone")
        self.call: Final = call
        self.vault: Final = vault
        self.decision: Final = decision
        self.deployment: Final = deployment
