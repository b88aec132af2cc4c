"""Certificates in a proxy's header: whose header counts, which element of it, and every way to forge one."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import InvalidKey
from gateway.identity.certificates.forwarded import ForwardedCertificates
from gateway.identity.credential import Peer
from gateway.settings.certificates import CertificateProxy
from tests.parts.certificates import Authority

HEADER = b"x-forwarded-client-cert"
with TemporaryDirectory() as folder:
    CA = Authority(Path(folder))
    PEM, OTHER_PEM = (CA.issue(name, f"spiffe://example.org/{name}").pem for name in ("a", "b"))
    WRITER_PEM = CA.issue("c", "https://x/,By=y").pem
CERT, OTHER, WRITER = (f'Cert="{quote(pem, safe="")}"' for pem in (PEM, OTHER_PEM, WRITER_PEM))
FIRST = "By=spiffe://example.org/gateway;Hash=" + "a" * 64
INSIDE = Peer(address="10.0.0.7", certificate="the proxy's own")


def forwarded(form: str = "xfcc", **more: Any) -> ForwardedCertificates:
    settings = {"addresses": ["10.0.0.0/24", "fd00::/64"], "form": form, **more}
    return ForwardedCertificates(CertificateProxy.model_validate(settings))


def of(*values: str | bytes, peer: Peer = INSIDE, form: str = "xfcc") -> str | None:
    raw = [value if isinstance(value, bytes) else value.encode() for value in values]
    headers = [(b"accept", b"*/*"), *((HEADER, value) for value in raw)]
    return forwarded(form).certificate(headers, peer)


@pytest.mark.parametrize(
    "value",
    [
        f"{FIRST};{CERT}",
        f'{FIRST};{CERT};Subject="CN=a, \\"b\\";,=";URI=spiffe://a/b;DNS=a.example;DNS=b.example',
        f'{FIRST};Cert={quote(PEM, safe="")};Subject=""',
        f'{FIRST};cert="{quote(PEM, safe="")}"',
        f"{FIRST};{OTHER},{FIRST};{CERT}",
        f'Subject=",;Cert=";{OTHER}, {FIRST};{CERT}',
        f"{FIRST};{CERT};URI=https://example.org/?a=b",
    ],
)
def test_the_last_element_counts(value: str) -> None:
    assert of(value) == PEM


@pytest.mark.parametrize(
    "value",
    [
        f"{FIRST};{CERT},{FIRST}",
        f"{FIRST},{FIRST};{CERT}",
        f'{FIRST};Cert="x",{FIRST};{CERT}',
        f'{FIRST};{CERT},{FIRST};Cert=""',
        f"{FIRST};{CERT};{OTHER}",
        f"{FIRST};Hash={'b' * 64};{CERT}",
        f"{FIRST};{CERT},",
        f"{FIRST};{CERT};",
        f"{FIRST};{CERT}x",
        f'{FIRST};{CERT},Subject="',
        f'Subject=",{FIRST};{CERT}',
        f'Subject="\\,{FIRST};{CERT}',
        f'Cert="a"b,{FIRST};{CERT}',
        f"{CERT} {CERT}",
        "Cert",
        "=x",
        ",",
    ],
)
def test_what_is_malformed_or_without_a_certificate_is_refused(value: str) -> None:
    with pytest.raises(InvalidKey, match="can't be read"):
        of(value)


def test_nobody_writes_elements_by_the_names_in_a_certificate() -> None:
    """Envoy writes URIs as they are, so that an element may be the holder's own; its certificate comes before."""
    written = f"{FIRST};{WRITER};URI=https://x/,By=y;{CERT}"
    for value in (written, f"{FIRST};{WRITER}", f"{FIRST};{WRITER},{FIRST};{CERT}"):
        with pytest.raises(InvalidKey, match="separator"):
            of(value)


@pytest.mark.parametrize("form", ["xfcc", "pem"])
def test_the_header_counts_from_proxies_alone(form: str) -> None:
    value = f"{FIRST};{CERT}" if form == "xfcc" else quote(PEM, safe="")
    for address in ("10.0.0.7", "::ffff:10.0.0.7", "fd00::1"):
        assert of(value, peer=Peer(address=address), form=form) == PEM
    for address in ("10.0.1.7", "::ffff:10.0.1.7", "fd01::1", "", "10.0.0.7x", "localhost"):
        stranger = Peer(address=address, certificate="its own")
        for forged in (value, ""):
            with pytest.raises(InvalidKey, match="from the configured proxies only"):
                of(forged, peer=stranger, form=form)
        assert of(peer=stranger, form=form) == "its own"


def test_a_proxys_own_certificate_proves_nobody() -> None:
    assert of() is None
    assert of("") is None


def test_a_header_that_comes_twice_or_is_too_long_is_refused() -> None:
    for values in ((CERT, CERT), (CERT, ""), (CERT + ";URI=" + "a" * 70_000,)):
        with pytest.raises(InvalidKey, match="twice, or is too long"):
            of(*values)


@pytest.mark.parametrize("safe", ["", "+=/", " ="])
def test_pem_as_different_proxies_encode_it(tmp_path: Path, safe: str) -> None:
    pem = Authority(tmp_path).issue("a").pem
    header = forwarded("pem", header="ssl-client-cert")
    assert header.certificate([(b"ssl-client-cert", quote(pem, safe=safe).encode())], INSIDE) == pem


@given(st.binary(max_size=200), st.sampled_from(["xfcc", "pem"]))
def test_any_bytes_are_a_text_or_a_refusal(value: bytes, form: str) -> None:
    try:
        found = of(value, form=form)
    except InvalidKey:
        return
    assert found is None or isinstance(found, str)
