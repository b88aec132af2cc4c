"""Callers identified by client certificates.

Our own TLS listener or a trusted proxy has verified that the certificate chains to the CA and that the caller holds its
key. The validity period is checked here for every request, because a connection may outlive its certificate.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import InvalidKey
from gateway.identity.certificates.certificate_info import read
from gateway.identity.certificates.forwarded import ForwardedCertificates
from gateway.identity.credential import Headers, Peer
from gateway.identity.roles import configured
from gateway.settings.certificates import Certificates, Certified
from gateway.types import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHolder:
    """The caller that a certificate identifies, and the name under which this one certificate can be revoked."""

    principal: Principal
    certificate: str


class ClientCertificates:
    """Identifies callers by the names in their certificates.

    Args:
        settings: the callers, and the trusted proxies.
        now: the wall clock.
    """

    def __init__(self, settings: Certificates, now: Callable[[], float] = time.time) -> None:
        self._callers = {
            _name(caller): configured(caller, "certificate") for caller in settings.callers
        }
        self._forwarded = ForwardedCertificates(settings.proxy) if settings.proxy else None
        self._now = now

    def holder(self, headers: Headers, peer: Peer) -> CertificateHolder | None:
        """The holder of a request's certificate; ``None`` without a certificate, or when its names are not configured.

        Raises:
            InvalidKey: the certificate can't be read, is not valid now, or matches several callers; or a header with
                a certificate was not sent by a trusted proxy.
        """
        pem = peer.certificate
        if self._forwarded is not None:
            pem = self._forwarded.certificate(headers, peer)
        if pem is None:
            return None
        certificate = read(pem)
        found = [self._callers[name] for name in certificate.names if name in self._callers]
        if not found:
            return None  # not a refusal: a key or token may still identify the caller
        if len(found) > 1:
            raise InvalidKey("The certificate matches several callers.")
        if not certificate.not_before <= self._now() < certificate.expires:
            raise InvalidKey("The certificate has expired or is not yet valid. Get a new one.")
        return CertificateHolder(
            principal=found[0], certificate=certificate_name(certificate.fingerprint)
        )


def certificate_name(fingerprint: str) -> str:
    """The name of one certificate in revocations, from the SHA-256 of its DER in hexadecimal, with or without colons."""
    return f"cert:{fingerprint.replace(':', '').lower()}"


def _name(caller: Certified) -> tuple[str, str]:
    """The one name in the settings, with its kind."""
    kinds = ("uri", "dns", "subject")
    return next((kind, value) for kind in kinds if (value := getattr(caller, kind)) is not None)
