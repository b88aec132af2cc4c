"""What a certificate says, and every one that says nothing about a caller."""

from pathlib import Path

import pytest

from gateway.errors import InvalidKey
from gateway.identity.certificates.certificate_info import read
from tests.parts.certificates import Authority

SPIFFE = "spiffe://example.org/portal"


def test_its_names_are_those_a_caller_may_be_known_by(tmp_path: Path) -> None:
    issued = Authority(tmp_path).issue("portal", SPIFFE, "Portal.example", "10.0.0.7")
    certificate = read(issued.pem)
    assert certificate.names == {
        ("uri", SPIFFE),
        ("dns", "portal.example"),
        ("subject", "CN=portal"),
    }
    assert certificate.fingerprint == issued.fingerprint


@pytest.mark.parametrize(
    ("alternatives", "authority"),
    [
        ((SPIFFE, "spiffe://example.org/other"), False),
        (("SPIFFE://example.org/x", "https://portal.example"), False),
        ((SPIFFE,), True),
    ],
)
def test_two_workloads_or_an_authority_are_no_caller(
    tmp_path: Path, alternatives: tuple[str, ...], authority: bool
) -> None:
    issued = Authority(tmp_path).issue("a", *alternatives, authority=authority)
    with pytest.raises(InvalidKey, match="can't be read"):
        read(issued.pem)


def test_what_is_not_one_certificate_is_refused(tmp_path: Path) -> None:
    pem = Authority(tmp_path).issue("a", SPIFFE).pem
    for wrong in ("", "x", pem + pem, pem[:-60], pem.replace("MII", "MIJ", 1), "\u212b" + pem):
        with pytest.raises(InvalidKey, match="can't be read"):
            read(wrong)
