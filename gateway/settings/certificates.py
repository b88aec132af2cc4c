"""Settings of callers who prove themselves by a certificate, to our own listener or to a proxy that tells us."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from cryptography.x509 import Name as Subject
from pydantic import AfterValidator, Field, model_validator

from gateway.settings.section import Caller, Section


def _subject(text: str) -> str:
    """The one way to write it."""
    return Subject.from_rfc4514_string(text).rfc4514_string()


class Certified(Caller):
    """A caller, known by one name in the certificate."""

    uri: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9+.-]*://[^*\s]+$",
        description="A URI among its alternative names, such as a SPIFFE ID.",
    )
    dns: str | None = Field(
        None,
        pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$",
        description="A host among its alternative names, in lower case.",
    )
    subject: Annotated[str, AfterValidator(_subject)] | None = Field(
        None, description="Its whole subject, as RFC 4514 writes it: `CN=portal,O=Example`."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(given is not None for given in (self.uri, self.dns, self.subject)) != 1:
            raise ValueError("give exactly one of uri, dns and subject")
        return self


class CertificateProxy(Section):
    """Proxies that check certificates of clients and pass them on in a header."""

    addresses: tuple[IPv4Network | IPv6Network, ...] = Field(
        min_length=1,
        description="Addresses and networks from which they connect; the header is refused from anywhere else.",
    )
    form: Literal["xfcc", "pem"] = Field(
        "xfcc",
        description="What the header holds: Envoy's elements with `Cert`, or the certificate in PEM, percent-encoded, as nginx has it.",
    )
    header: str = Field(
        "x-forwarded-client-cert", pattern=r"^[a-z0-9-]+$", description="Name of the header."
    )


class Certificates(Section):
    """Callers with certificates."""

    callers: tuple[Certified, ...] = Field(min_length=1, description="Who is known.")
    proxy: CertificateProxy | None = Field(
        None, description="Proxies that are believed; without them, our own listeners alone."
    )

    def faults(self) -> list[str]:
        """Names that two callers share."""
        names = [(caller.uri, caller.dns, caller.subject) for caller in self.callers]
        return [
            f"identity.certificates.callers.{index}: has the name of another caller"
            for index, name in enumerate(names)
            if name in names[:index]
        ]
