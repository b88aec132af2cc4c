"""Settings of callers with certificates: one name each, and somebody to show it to."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings.certificates import Certificates
from gateway.settings.root import Settings
from tests.settings.files import ENVIRON, faults, good

KEYS = [{"id": "billing", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "billing"}]
PROXY = {"addresses": ["10.0.0.0/24"]}


def caller(**changes: Any) -> dict[str, Any]:
    return {"id": "portal", "tenant": "acme", "app": "portal", "uri": "spiffe://a/b", **changes}


@pytest.mark.parametrize(
    ("callers", "expected"),
    [
        ([caller(dns="a.example")], "exactly one"),
        ([caller(uri=None)], "exactly one"),
        ([caller(uri="spiffe://a/*")], "uri"),
        ([caller(uri="portal")], "uri"),
        ([caller(uri=None, dns="*.example")], "dns"),
        ([caller(uri=None, dns="A.example")], "dns"),
        ([caller(uri=None, subject="portal")], "subject"),
        ([], "callers"),
        ([caller(), caller(id="other")], "callers.1: has the name of another caller"),
        ([caller(id="billing")], "'billing' is given twice"),
    ],
)
def test_what_names_nobody_or_two_is_refused(
    tmp_path: Path, callers: list[dict[str, Any]], expected: str
) -> None:
    identity = {"keys": KEYS, "certificates": {"callers": callers, "proxy": PROXY}}
    assert any(expected in line for line in faults(tmp_path, good(tmp_path, identity=identity)))


def test_a_subject_is_one_however_it_is_written() -> None:
    ways = ("CN=portal,O=Example", "2.5.4.3=portal,2.5.4.10=Example")
    rows = [caller(id=f"c{n}", uri=None, subject=way) for n, way in enumerate(ways)]
    settings = Certificates.model_validate({"callers": rows})
    assert {row.subject for row in settings.callers} == {"CN=portal,O=Example"}
    assert len(settings.faults()) == 1


def test_somebody_must_be_able_to_see_a_certificate(tmp_path: Path) -> None:
    alone = good(tmp_path, identity={"certificates": {"callers": [caller()]}})
    assert any("no client can present one" in line for line in faults(tmp_path, alone))
    for more in (
        {"listen": {"tls": {"cert_file": "a", "key_file": "b", "client_ca_file": "c"}}},
        {"identity": {"certificates": {"callers": [caller()], "proxy": PROXY}}},
    ):
        settings = Settings.model_validate({**alone, **more})
        assert not any("nobody" in line for line in settings.faults(ENVIRON))


@pytest.mark.parametrize("addresses", [[], ["proxy.example"], ["10.0.0.1/24"]])
def test_proxies_are_addresses_and_networks(tmp_path: Path, addresses: list[str]) -> None:
    identity = {"certificates": {"callers": [caller()], "proxy": {"addresses": addresses}}}
    found = faults(tmp_path, good(tmp_path, identity=identity))
    assert any("proxy.addresses" in line for line in found)
