"""The caller that a certificate identifies, and every certificate that identifies none."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import InvalidKey
from gateway.identity.certificates.certificate_info import read
from gateway.identity.certificates.client_certificates import (
    CertificateHolder,
    ClientCertificates,
    certificate_name,
)
from gateway.identity.credential import Peer
from gateway.settings.certificates import Certificates
from tests.parts.certificates import Authority, Issued

SPIFFE = "spiffe://example.org/ns/billing/sa/portal"


def row(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "tenant": "acme", "app": name, **more}


CALLERS = [
    row("by-uri", uri=SPIFFE, groups=["finance"]),
    row("by-dns", dns="portal.example"),
    row("by-subject", subject="CN=portal", roles=["auditor"], role_tenants=["*"]),
]


def known(now: float | None = None) -> ClientCertificates:
    settings = Certificates.model_validate({"callers": CALLERS})
    return ClientCertificates(settings, lambda: time.time() if now is None else now)


def holder(issued: Issued | str | None, now: float | None = None) -> CertificateHolder | None:
    pem = issued.pem if isinstance(issued, Issued) else issued
    return known(now).holder([], Peer(address="::1", certificate=pem))


@pytest.mark.parametrize(
    ("name", "alternatives", "caller"),
    [
        ("a", (SPIFFE,), "by-uri"),
        ("b", ("portal.example",), "by-dns"),
        ("c", ("PORTAL.example", "other.example"), "by-dns"),
        ("portal", ("else.example",), "by-subject"),
    ],
)
def test_one_name_proves_one_caller(
    tmp_path: Path, name: str, alternatives: tuple[str, ...], caller: str
) -> None:
    issued = Authority(tmp_path).issue(name, *alternatives)
    found = holder(issued)
    assert found is not None
    assert found.certificate == f"cert:{issued.fingerprint}"
    assert (found.principal.credential_id, found.principal.method) == (caller, "certificate")
    assert found.principal.role_tenants == (
        frozenset({"*"}) if caller == "by-subject" else frozenset()
    )


@pytest.mark.parametrize(
    ("name", "alternatives"),
    [
        ("a", ("spiffe://example.org/ns/billing/sa/portal/",)),
        ("a", ("spiffe://example.org/ns/billing/sa/Portal",)),
        ("a", ("spiffe://example.org.evil/ns/billing/sa/portal",)),
        ("a", ("*.example",)),
        ("a", ("portal.example.evil.example",)),
        ("spiffe:portal", ("else.example",)),
        ("portal.example", ("else.example",)),
        ("CN=portal", ("else.example",)),
        ("portal,O=x", ("else.example",)),
    ],
)
def test_what_only_looks_alike_proves_nobody(
    tmp_path: Path, name: str, alternatives: tuple[str, ...]
) -> None:
    assert holder(Authority(tmp_path).issue(name, *alternatives)) is None
    assert holder(None) is None


def test_what_could_be_two_callers_is_refused(tmp_path: Path) -> None:
    ca = Authority(tmp_path)
    for issued in (ca.issue("portal", "portal.example"), ca.issue("a", SPIFFE, "portal.example")):
        with pytest.raises(InvalidKey, match="several callers"):
            holder(issued)


def test_it_is_good_between_its_dates_alone(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue("a", SPIFFE, good_for=timedelta(hours=1))
    certificate = read(issued.pem)
    assert 3590 < certificate.expires - time.time() <= 3600
    for moment in (certificate.not_before, certificate.expires - 1):
        assert holder(issued, moment) is not None
    for moment in (certificate.not_before - 1, certificate.expires):
        with pytest.raises(InvalidKey, match="expired or is not yet valid"):
            holder(issued, moment)


def test_a_fingerprint_is_one_however_it_is_written() -> None:
    assert certificate_name("AB:CD") == certificate_name("abcd") == "cert:abcd"
