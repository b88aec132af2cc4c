"""Settings of callers with client certificates, presented to our own listener or to a trusted proxy."""

from ipaddress import IPv4Network, IPv6Network
from typing import Annotated, Literal, Self

from cryptography.x509 import Name as Subject
from pydantic import AfterValidator, Field, model_validator

from gateway.settings.section import Caller, Section


def _subject(text: str) -> str:
    """The normalised form, so that two spellings of one subject compare equal."""
    return Subject.from_rfc4514_string(text).rfc4514_string()


class Certified(Caller):
    """A caller, identified by one name in its certificate."""

    uri: str | None = Field(
        None,
        pattern=r"^[a-z][a-z0-9+.-]*://[^*\s]+$",  # no `*`: names are compared exactly, patterns would look supported
        description="A URI in the subject alternative names, such as a SPIFFE ID.",
    )
    dns: str | None = Field(
        None,
        pattern=r"^[a-z0-9_-]+(\.[a-z0-9_-]+)*$",
        description="A DNS name in the subject alternative names, in lower case.",
    )
    subject: Annotated[str, AfterValidator(_subject)] | None = Field(
        None, description="The complete subject in RFC 4514 notation: `CN=portal,O=Example`."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(given is not None for given in (self.uri, self.dns, self.subject)) != 1:
            raise ValueError("give exactly one of uri, dns and subject")
        return self


class CertificateProxy(Section):
    """Proxies that verify client certificates and forward them in a header."""

    addresses: tuple[IPv4Network | IPv6Network, ...] = Field(
        min_length=1,
        description="Addresses and networks of the proxies; the header is refused from anywhere else.",
    )
    form: Literal["xfcc", "pem"] = Field(
        "xfcc",
        description="Format of the header: `xfcc`, Envoy's elements with `Cert`, or `pem`, the percent-encoded PEM certificate that nginx sends.",
    )
    header: str = Field(
        "x-forwarded-client-cert", pattern=r"^[a-z0-9-]+$", description="Name of the header."
    )


class Certificates(Section):
    """Callers with client certificates."""

    callers: tuple[Certified, ...] = Field(min_length=1, description="The callers.")
    proxy: CertificateProxy | None = Field(
        None,
        description="Trusted proxies. Without them, only certificates presented to our own listeners count.",
    )

    def faults(self) -> list[str]:
        """Names that are configured for two callers."""
        names = [(caller.uri, caller.dns, caller.subject) for caller in self.callers]
        return [
            f"identity.certificates.callers.{index}: has the name of another caller"
            for index, name in enumerate(names)
            if name in names[:index]
        ]
