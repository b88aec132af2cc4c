"""Settings of callers: keys are present, long enough and distinct."""

from pathlib import Path

from gateway.settings.identity import ApiKey, Identity, Oidc
from tests.settings.files import faults, good


def key(name: str) -> ApiKey:
    return ApiKey(id=name, key_env=name.upper(), tenant="t", app="a")


def test_keys_must_be_there_and_long_enough(tmp_path: Path) -> None:
    assert "16 characters" in faults(tmp_path, good(tmp_path), {"SEKISHO_TEST_KEY": "short"})[0]
    assert "16 characters" in faults(tmp_path, good(tmp_path), {})[0]


def test_an_id_is_given_once() -> None:
    environ = {"A": "a" * 16}
    assert Identity(keys=(key("a"), key("a"))).faults(environ) == [
        "identity.keys.1.id: 'a' is given twice"
    ]
    assert Identity(keys=(key("a"),)).faults(environ) == []


def test_the_file_of_keys_need_not_exist_yet() -> None:
    oidc = Oidc(issuer="https://id.example", audience="sekisho", ca_file=Path("ca.pem"))
    files = Identity(keys_file=Path("none.json"), oidc=oidc).files()
    assert files == {"identity.oidc.ca_file": Path("ca.pem")}
