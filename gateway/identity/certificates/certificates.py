"""Callers who prove themselves by a certificate.

That the caller holds the key, and that the certificate chains to the CA, was proven to our own listener or to a proxy
that is trusted. Here it is looked at anew for every request: a connection may stand longer than a certificate is good.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from gateway.errors import InvalidKey
from gateway.identity.certificates.certificate_info import read
from gateway.identity.certificates.forwarded import Forwarded
from gateway.identity.credential import Headers, Peer
from gateway.identity.roles import configured
from gateway.settings.certificates import Certificates as CertificateSettings
from gateway.settings.certificates import Certified
from gateway.types import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateHolder:
    """Whom a certificate proves, and the name under which that one certificate can be revoked."""

    principal: Principal
    certificate: str


class Certificates:
    """Knows callers by names in their certificates.

    Args:
        settings: the callers, and the proxies that are trusted.
        now: the wall clock.
    """

    def __init__(self, settings: CertificateSettings, now: Callable[[], float] = time.time) -> None:
        self._callers = {
            _name(caller): configured(caller, "certificate") for caller in settings.callers
        }
        self._forwarded = Forwarded(settings.proxy) if settings.proxy else None
        self._now = now

    def holder(self, headers: Headers, peer: Peer) -> CertificateHolder | None:
        """Whom the certificate of a request proves; ``None`` when none was shown, or none that is known here.

        Raises:
            InvalidKey: it can't be read, is not good at this time, or is known as more than one caller; or a header
                with a certificate comes from elsewhere than a trusted proxy.
        """
        told = peer.certificate
        if self._forwarded is not None:
            told = self._forwarded.certificate(headers, peer)
        if told is None:
            return None
        shown = read(told)
        found = [self._callers[name] for name in shown.names if name in self._callers]
        if not found:
            return None
        if len(found) > 1:
            raise InvalidKey("The certificate has the names of several callers.")
        if not shown.not_before <= self._now() < shown.expires:
            raise InvalidKey("The certificate has expired or is not good yet. Get a new one.")
        return CertificateHolder(
            principal=found[0], certificate=certificate_name(shown.fingerprint)
        )


def certificate_name(fingerprint: str) -> str:
    """How a revocation names one certificate: by the SHA-256 of its DER, in hexadecimal, with colons or without."""
    return f"cert:{fingerprint.replace(':', '').lower()}"


def _name(caller: Certified) -> tuple[str, str]:
    """The one name that settings give."""
    kinds = ("uri", "dns", "subject")
    return next((kind, told) for kind in kinds if (told := getattr(caller, kind)) is not None)
