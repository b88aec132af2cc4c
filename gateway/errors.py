"""Every error that a caller can get, in one tree.

SekishoError
├── ClientError                      the caller must change the request
│   ├── InvalidRequest               400 invalid_request
│   ├── UnsupportedField             400 unsupported_field
│   ├── PreviousNotFound             400 previous_response_not_found
│   ├── InvalidKey                   401 invalid_key
│   ├── RoleRequired                 403 role_required
│   ├── NotFound                     404 not_found
│   ├── ModelNotFound                404 model_not_found
│   ├── RouteNotFound                404 route_not_found
│   ├── MethodNotAllowed             405 method_not_allowed
│   ├── RequestTimeout               408 request_timeout
│   │   └── HeadersTooSlow           408 request_timeout
│   ├── BodyTooLarge                 413 body_too_large
│   ├── HeadersTooLarge              431 headers_too_large
│   ├── UnsupportedMedia             415 unsupported_media_type
│   ├── ContextExceeded              400 context_length_exceeded  (nothing was sent)
│   └── LimitExceeded                a limit is reached; carries the time to wait
│       ├── RateLimited              429 rate_limited            (retryable)
│       └── BudgetExhausted          429 budget_exhausted        (retryable)
├── PolicyError                      a rule refused; carries reasons
│   ├── PolicyDenied                 403 policy_denied
│   ├── ProviderBlocked              403 provider_blocked
│   ├── PurposeForbidden             403 purpose_forbidden
│   └── ContentBlocked               422 content_blocked
├── GatewayError                     a part of the gateway could not do its work
│   ├── RedactionFailed              500 redaction_failed        (the wire check found a value)
│   ├── DetectorUnavailable          503 detector_unavailable    (retryable)
│   ├── PolicyUnavailable            503 policy_unavailable      (retryable)
│   ├── AuditUnavailable             503 audit_unavailable       (retryable)
│   ├── StateUnavailable             503 state_unavailable       (retryable)
│   ├── IdentityUnavailable          503 identity_unavailable    (retryable)
│   ├── NoDeployment                 503 no_deployment           (retryable)
│   ├── Overloaded                   503 overloaded              (retryable)
│   └── NotReady                     503 not_ready               (retryable)
└── UpstreamError                    the model server failed
    ├── UpstreamFailed               502 upstream_error
    ├── UpstreamTimeout              504 upstream_timeout
    ├── UpstreamRateLimited          429 upstream_rate_limited   (retryable)
    ├── UpstreamRejected             400 upstream_rejected       (the request is at fault)
    ├── ContextTooLong               400 context_length_exceeded
    ├── ContentFiltered              400 content_filter
    └── AddressRefused               403 provider_blocked        (the connector refused the address)

``ConfigError`` is not in the tree: it stops a command, which serves no caller.
Messages are written for the caller: no matched value, upstream body, internal host or stack trace.
"""

from typing import ClassVar

from gateway.exchange import QuotaStatus
from gateway.types import Reason, Source


class SekishoError(Exception):
    """A refusal with a status, a stable code, a public message and a source."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    source: ClassVar[Source] = "gateway"
    retryable: ClassVar[bool] = False
    retry_after: int | None = None
    """Seconds after which a retry makes sense, where that is known."""
    cause: str = ""
    """Why a connection failed, as a word of ``upstream.transport.causes``: for the log and the record, not the caller."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class ClientError(SekishoError):
    """The request itself is at fault. ``param`` is the JSON path or header concerned."""

    source = "client"
    status = 400
    code = "invalid_request"

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param


class InvalidRequest(ClientError):
    """The body can't be understood."""


class UnsupportedField(ClientError):
    """A field is unknown, or names a route or a credential."""

    code = "unsupported_field"


class PreviousNotFound(ClientError):
    """The reply that ``previous_response_id`` names is not stored for this caller."""

    code = "previous_response_not_found"


class InvalidKey(ClientError):
    """No known credential was presented."""

    status = 401
    code = "invalid_key"


class RoleRequired(ClientError):
    """The caller is authenticated, and has no role that permits this operation on this tenant."""

    status = 403
    code = "role_required"


class NotFound(ClientError):
    """Nothing of that name exists for this caller."""

    status = 404
    code = "not_found"


class ModelNotFound(ClientError):
    """No model of that name is configured for this caller."""

    status = 404
    code = "model_not_found"


class RouteNotFound(ClientError):
    """Nothing is served at that path."""

    status = 404
    code = "route_not_found"


class MethodNotAllowed(ClientError):
    """The path is served, but not with that method."""

    status = 405
    code = "method_not_allowed"


class RequestTimeout(ClientError):
    """The body did not arrive in time."""

    status = 408
    code = "request_timeout"


class HeadersTooSlow(RequestTimeout):
    """The head of the request did not arrive in time; the connection is closed."""


class HeadersTooLarge(ClientError):
    """The head of the request, or what surrounds its body, is over the limit; the connection is closed."""

    status = 431
    code = "headers_too_large"


class BodyTooLarge(ClientError):
    """The body is over the configured limit."""

    status = 413
    code = "body_too_large"


class UnsupportedMedia(ClientError):
    """The body is not plain, uncompressed JSON."""

    status = 415
    code = "unsupported_media_type"


class ContextExceeded(ClientError):
    """The call can't fit into the context of any permitted deployment: nothing was sent."""

    code = "context_length_exceeded"


class LimitExceeded(ClientError):
    """A limit is reached. ``retry_after`` is in seconds; ``statuses`` are the quotas that count the request."""

    status = 429
    retryable = True
    retry_after: int

    def __init__(
        self, message: str, *, retry_after: int, statuses: tuple[QuotaStatus, ...] = ()
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        self.statuses = statuses


class RateLimited(LimitExceeded):
    """Too many requests, tokens or costs in a window of time, or too many requests in flight."""

    code = "rate_limited"


class BudgetExhausted(LimitExceeded):
    """A budget of a calendar period does not cover the request."""

    code = "budget_exhausted"


class PolicyError(SekishoError):
    """A rule refused; ``reasons`` name it, and what the caller can do."""

    source = "policy"
    status = 403
    code = "policy_denied"

    def __init__(self, message: str, *, reasons: tuple[Reason, ...] = ()) -> None:
        super().__init__(message)
        self.reasons = reasons


class PolicyDenied(PolicyError):
    """The call is not permitted."""


class ProviderBlocked(PolicyError):
    """Every destination that could serve the call is denied."""

    code = "provider_blocked"


class PurposeForbidden(PolicyError):
    """The declared purpose is not permitted with this model."""

    code = "purpose_forbidden"


class ContentBlocked(PolicyError):
    """The content may not be sent to any destination that could serve the call."""

    status = 422
    code = "content_blocked"


class GatewayError(SekishoError):
    """A part of the gateway could not do its work, so the request is refused."""

    status = 503
    retryable = True


class RedactionFailed(GatewayError):
    """The wire check found a value that masking should have removed. Nothing was sent."""

    status = 500
    code = "redaction_failed"
    retryable = False


class DetectorUnavailable(GatewayError):
    """A detector failed, crashed or ran out of time, or too much is queued for the detectors."""

    code = "detector_unavailable"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class PolicyUnavailable(GatewayError):
    """The policy engine returned no valid decision."""

    code = "policy_unavailable"


class AuditUnavailable(GatewayError):
    """The audit log could not store a record durably; a request without a record is refused."""

    code = "audit_unavailable"


class StateUnavailable(GatewayError):
    """The shared state store did not answer, and the request needs it."""

    code = "state_unavailable"


class IdentityUnavailable(GatewayError):
    """The caller can't be authenticated now: revocations or the issuer's keys are unavailable."""

    code = "identity_unavailable"


class NoDeployment(GatewayError):
    """No permitted deployment is configured or healthy."""

    code = "no_deployment"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(GatewayError):
    """Every permitted deployment is at its limit, and the queue is full or the wait timed out."""

    code = "overloaded"
    retry_after = 1


class NotReady(GatewayError):
    """The gateway is starting or stopping, or a worker has not confirmed an operation yet."""

    code = "not_ready"


class UpstreamError(SekishoError):
    """The model server failed. ``fallback`` says whether another deployment may be tried."""

    source: ClassVar[Source] = "upstream"
    status = 502
    code = "upstream_error"

    def __init__(self, message: str, *, fallback: bool, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.fallback = fallback
        self.retry_after = retry_after


class UpstreamFailed(UpstreamError):
    """The model server refused, closed the connection or sent a malformed reply."""


class UpstreamTimeout(UpstreamError):
    """The model server did not answer in time."""

    status = 504
    code = "upstream_timeout"


class UpstreamRateLimited(UpstreamError):
    """The model server is rate limiting requests."""

    status = 429
    code = "upstream_rate_limited"
    retryable = True


class UpstreamRejected(UpstreamError):
    """The model server reported that the request is at fault: no other deployment is tried."""

    status = 400
    code = "upstream_rejected"


class ContextTooLong(UpstreamError):
    """The request and the requested length of its reply do not fit into the model's context."""

    status = 400
    code = "context_length_exceeded"


class ContentFiltered(UpstreamError):
    """The provider's own filter refused the content: no other deployment is tried."""

    status = 400
    code = "content_filter"


class AddressRefused(UpstreamError):
    """The guarded connector refused the destination: nothing was sent. ``reasons`` name the rule, if one refused it."""

    source = "policy"
    status = 403
    code = "provider_blocked"

    def __init__(self, message: str, *, reasons: tuple[Reason, ...] = ()) -> None:
        super().__init__(message, fallback=False)
        self.reasons = reasons


class ConfigError(Exception):
    """Configuration faults, all of them at once, one line each: ``where: what is wrong``."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults
