"""Settings of deployments: what is derived from them, and what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from gateway.settings.deployments import DeploymentSettings, Probe, refusal
from tests.parts.configuration import deployment


def deployment_settings(**changes: Any) -> DeploymentSettings:
    base_url = changes.pop("base_url", "http://127.0.0.1:9/v1")
    return DeploymentSettings.model_validate(deployment(base_url, **changes))


@pytest.mark.parametrize(
    ("zone", "rank"),
    [("in-house", 0), ("device", 0), ("trusted-cloud", 10), ("public-cloud", 20)],
)
def test_the_nearest_zone_comes_first_unless_a_priority_says_otherwise(
    zone: str, rank: int
) -> None:
    assert deployment_settings(zone=zone).rank == rank
    assert deployment_settings(zone=zone, priority=5).rank == 5


def test_stages_get_the_description_without_files_or_limits() -> None:
    described = deployment_settings(api_key_file="/secret").deployment("r1-a")
    assert (described.name, described.zone, described.model) == ("r1-a", "in-house", "deepseek-r1")
    assert "/secret" not in repr(described)


def test_the_files_that_must_exist_are_named() -> None:
    assert set(deployment_settings(api_key_file="/a").files()) >= {"api_key_file", "ca_file"}


@pytest.mark.parametrize("path", ["health", "/a?b", "/a#b", "//evil.example/%2e", "/a b", "/@x:1"])
def test_a_probe_asks_a_plain_path(path: str) -> None:
    with pytest.raises(ValidationError):
        Probe(path=path)


@pytest.mark.parametrize(
    "change",
    [{"weight": 0}, {"weight": -1}, {"weight": "nan"}, {"concurrency": 0}, {"priority": -1}],
)
def test_figures_make_sense(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        deployment_settings(**change)


PIN = "sha256/" + "A" * 43 + "="


@pytest.mark.parametrize(
    "change",
    [
        {"spki_pins": [PIN]},
        {"proxy": "http://proxy.example:3128"},
        {"client_cert_file": "/c", "client_key_file": "/k"},
        {"base_url": "https://r1.example/v1", "client_cert_file": "/c"},
        {"base_url": "https://r1.example/v1", "spki_pins": ["sha256/short"]},
        {"base_url": "https://r1.example/v1", "proxy": "socks5://proxy.example"},
        {"base_url": "https://r1.example/v1", "proxy": "http://user:secret@proxy.example"},
        {"base_url": "https://openrouter.ai/api/v1"},
        {"base_url": "https://OpenRouter.AI./api/v1"},
        {"base_url": "https://openrouter.ai/api/v1", "providers": ["deepseek"]},
        {"base_url": "https://r1.example/v1", "providers": ["together", "DeepSeek"]},
        {"base_url": "https://r1.example/v1", "providers": ["deepseek/fp8"]},
        {"base_url": "https://r1.example/v1", "providers": ["DEEP-SEEK"]},
        {"base_url": "https://r1.example/v1", "providers": ["deepseek "]},
        {"base_url": "https://r1.example/v1", "providers": ["ｄｅｅｐｓｅｅｋ"]},
        {"base_url": "https://r1.example/v1", "providers": [""]},
        {"base_url": "https://r1.example/v1", "providers": [" /fp8"]},
        {"addresses": "metadata"},
    ],
)
def test_what_protects_nothing_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        deployment_settings(**dict(change))


def test_what_is_whole_is_taken() -> None:
    full = deployment_settings(
        base_url="https://openrouter.ai/api/v1",
        providers=["together"],
        spki_pins=[PIN],
        proxy="http://proxy.example:3128",
        client_cert_file="/c",
        client_key_file="/k",
    )
    assert set(full.files()) >= {"client_cert_file", "client_key_file"}


def test_a_record_and_its_keys_are_files_that_must_exist() -> None:
    settings = deployment_settings(provenance={"record": "/r", "keys": ["/a", "/b"]})
    named = {"provenance.record": "/r", "provenance.keys.0": "/a", "provenance.keys.1": "/b"}
    assert {name: str(path) for name, path in settings.files().items() if path} == named
    with pytest.raises(ValidationError):
        deployment_settings(provenance={"record": "/r", "keys": []})


@pytest.mark.parametrize(
    ("change", "reach"),
    [
        ({}, "private"),
        ({"zone": "device"}, "private"),
        ({"zone": "public-cloud"}, "public"),
        ({"zone": "trusted-cloud", "addresses": "private"}, "private"),
        ({"addresses": "link-local"}, "link-local"),
    ],
)
def test_how_far_in_its_addresses_may_be(change: dict[str, Any], reach: str) -> None:
    assert deployment_settings(**change).reach == reach


URL = "https://api.example.com/v1"


@pytest.mark.parametrize(
    ("family", "reason"),
    [
        ("deepseek", "own cloud"),
        ("openrouter", "providers"),
        ("litellm_proxy", "is not known"),
        ("cohere", "not verified"),
    ],
)
def test_T38_a_family_that_is_not_enabled_is_refused_by_name_with_the_reason(
    family: str, reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason) as caught:
        DeploymentSettings.model_validate(deployment(URL, kind="litellm", family=family))
    assert f"family '{family}' is not enabled" in str(caught.value)
    assert refusal("anthropic") == ""


@pytest.mark.parametrize(
    "place",
    [
        {"kind": "litellm"},
        {"family": "anthropic"},
        {"kind": "litellm", "family": "gemini", "probe": {}},
        {"kind": "litellm", "family": "gemini", "providers": ["deepinfra"]},
    ],
)
def test_a_kind_goes_with_its_own_settings(place: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DeploymentSettings.model_validate(deployment(URL, **place))
