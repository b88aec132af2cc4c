"""Names, validity and fingerprint of an X.509 certificate (RFC 5280, SPIFFE X.509-SVID).

Nothing here verifies the certificate: the TLS listener or the trusted proxy has done that.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.errors import InvalidKey

_CACHE_SIZE: Final = 4096
# Raised by cryptography beside ValueError, of which they are no subclasses.
_UNREADABLE: Final = (
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateInfo:
    """The content of a certificate. ``names`` are pairs of a kind (``uri``, ``dns``, ``subject``) and a name."""

    fingerprint: str
    """SHA-256 of its DER, in lower-case hexadecimal."""
    names: frozenset[tuple[str, str]]
    not_before: float
    expires: float
    """Seconds since the epoch."""


# Cached: the same certificate comes with every request of a connection, and parsing costs more than the other checks.
@lru_cache(_CACHE_SIZE)
def read(pem: str) -> CertificateInfo:
    """The content of a certificate in PEM.

    Raises:
        InvalidKey: the text is not exactly one certificate, or it is not that of a caller.
    """
    try:
        (certificate,) = x509.load_pem_x509_certificates(pem.encode("ascii"))
        return CertificateInfo(
            fingerprint=certificate.fingerprint(SHA256()).hex(),
            names=frozenset(_names(certificate)),
            not_before=certificate.not_valid_before_utc.timestamp(),
            expires=certificate.not_valid_after_utc.timestamp(),
        )
    except (ValueError, *_UNREADABLE):
        # ValueError also when the text holds no certificate, or several.
        raise InvalidKey("The certificate can't be read, or is not a client's.") from None


def _names(certificate: x509.Certificate) -> Iterator[tuple[str, str]]:
    """The names that may identify a caller.

    Raises:
        ValueError: the certificate is a CA's, or has a SPIFFE ID and another URI, which X.509-SVID forbids
            (https://spiffe.io/docs/latest/spiffe-specs/x509-svid/, sections 2 and 4.1).
    """
    extensions = certificate.extensions
    alternatives = x509.SubjectAlternativeName([])
    for extension in extensions:
        if isinstance(extension.value, x509.BasicConstraints) and extension.value.ca:
            raise ValueError("a CA certificate")
        if isinstance(extension.value, x509.SubjectAlternativeName):
            alternatives = extension.value
    uris = alternatives.get_values_for_type(x509.UniformResourceIdentifier)
    if len(uris) > 1 and any(uri.lower().startswith("spiffe:") for uri in uris):
        raise ValueError("several URIs")
    yield from (("uri", uri) for uri in uris)
    # DNS names are case-insensitive (RFC 5280, section 7.2); URIs are compared exactly.
    yield from (("dns", host.lower()) for host in alternatives.get_values_for_type(x509.DNSName))
    yield "subject", certificate.subject.rfc4514_string()
