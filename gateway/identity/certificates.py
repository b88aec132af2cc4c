"""Callers who prove themselves by a certificate: X.509 (RFC 5280), SPIFFE X.509-SVID.

That the caller holds the key, and that the certificate chains to the CA, was proven to our own listener or to a proxy
that is trusted. Here it is looked at anew for every request: a connection may stand longer than a certificate is good.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.errors import InvalidKey
from gateway.identity.credential import Headers, Peer
from gateway.identity.forwarded import Forwarded
from gateway.identity.roles import configured
from gateway.settings.certificates import Certificates as CertificateSettings
from gateway.settings.certificates import Certified
from gateway.types import Principal

_REMEMBERED: Final = 4096
_UNREADABLE: Final = (
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a certificate says. ``names`` are pairs of a kind (``uri``, ``dns``, ``subject``) and a name."""

    fingerprint: str
    """SHA-256 of its DER, in lower-case hexadecimal."""
    names: frozenset[tuple[str, str]]
    begins: float
    expires: float
    """Seconds since the epoch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
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

    def holder(self, headers: Headers, peer: Peer) -> Holder | None:
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
        if not shown.begins <= self._now() < shown.expires:
            raise InvalidKey("The certificate has expired or is not good yet. Get a new one.")
        return Holder(principal=found[0], certificate=certificate_name(shown.fingerprint))


def certificate_name(fingerprint: str) -> str:
    """How a revocation names one certificate: by the SHA-256 of its DER, in hexadecimal, with colons or without."""
    return f"cert:{fingerprint.replace(':', '').lower()}"


@lru_cache(_REMEMBERED)
def read(pem: str) -> Shown:
    """What a certificate in PEM says.

    Raises:
        InvalidKey: it is not exactly one certificate of a caller.
    """
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem.encode("ascii"))
        return Shown(
            fingerprint=certificate.fingerprint(SHA256()).hex(),
            names=frozenset(_names(certificate)),
            begins=certificate.not_valid_before_utc.timestamp(),
            expires=certificate.not_valid_after_utc.timestamp(),
        )
    except (ValueError, *_UNREADABLE):
        raise InvalidKey("The certificate can't be read as that of a caller.") from None


def _names(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    """The names in it that a caller may be known by.

    Raises:
        ValueError: it is that of an authority, or has a SPIFFE ID and another URI, which X.509-SVID forbids
            (https://spiffe.io/docs/latest/spiffe-specs/x509-svid/, sections 2 and 4.1).
    """
    extensions = certificate.extensions
    alternatives = x509.SubjectAlternativeName([])
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            raise ValueError("an authority's")
        if isinstance(extension.value, x509.SubjectAlternativeName):
            alternatives = extension.value
    uris = alternatives.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) > 1 and any(uri.lower().startswith("spiffe:") for uri in uris):
        raise ValueError("several URIs")
    yield from (("uri", uri) for uri in uris)
    yield from (("dns", host.lower()) for host in alternatives.get_values_for_type(x509.DNSName))
    yield "subject", certificate.subject.rfc4514_string()


def _name(caller: Certified) -> tuple[str, str]:
    """The one name that settings give."""
    kinds = ("uri", "dns", "subject")
    return next((kind, told) for kind in kinds if (told := getattr(caller, kind)) is not None)
