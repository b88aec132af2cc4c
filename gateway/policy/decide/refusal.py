"""The error that the caller gets when a decision permits nothing."""

from gateway.errors import (
    ContentBlocked,
    PolicyDenied,
    PolicyError,
    ProviderBlocked,
    PurposeForbidden,
)
from gateway.types import Decision, Reason

_ERRORS: dict[str, type[PolicyError]] = {
    "content_blocked": ContentBlocked,
    "provider_blocked": ProviderBlocked,
    "purpose_forbidden": PurposeForbidden,
}


def refusal(decision: Decision) -> PolicyError:
    """The error for a decision that allows no candidate.

    A code that all candidates share decides its kind, and a code of the destination comes before that of the
    content: 422 says that changing the content would help, so it needs every candidate to object to nothing else.
    """
    codes = [
        {reason.code for reason in verdict.reasons}
        for verdict in decision.candidates.values()
        if not verdict.rerouted
    ]
    message = " ".join(map(_sentence, decision.reasons))
    shared = set.intersection(*codes) if codes else set()
    if shared and all(code == {"content_blocked"} for code in codes):
        kind: type[PolicyError] = ContentBlocked
    else:
        named = next(
            (code for code in ("provider_blocked", "purpose_forbidden") if code in shared), ""
        )
        kind = _ERRORS.get(named, PolicyDenied)
    return kind(message or "No rule permits this call.", reasons=decision.reasons)


def _sentence(reason: Reason) -> str:
    source = f" Source: {reason.source}." if reason.source else ""
    return f"{reason.title}. {reason.remedy}{source}"
