"""What may be connected to is what the configuration names, and nothing else."""

import ipaddress
import json
from typing import Any

import pytest
import yaml

from gateway.settings.root import Settings
from gateway.upstream.transport.addresses import is_permitted
from tests.parts.chart import CATALOGUE, CHART, changed, config, helm, one, render
from tests.parts.configuration import deployment

Rule = dict[str, Any]


def egress(values: dict[str, Any]) -> list[Rule]:
    policy = one(render(values), "NetworkPolicy", "-egress")["spec"]
    assert policy["policyTypes"] == ["Egress"]
    rules: list[Rule] = policy["egress"]
    return rules


def tcp(*ports: int) -> list[dict[str, Any]]:
    return [{"protocol": "TCP", "port": port} for port in ports]


def fixed() -> list[Rule]:
    """What every gateway needs: names and its Redis."""
    kube_dns = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
        "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
    }
    redis = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "redis"}}}
    return [
        {"to": [kube_dns], "ports": [{"protocol": "UDP", "port": 53}, *tcp(53)]},
        {"to": [redis], "ports": tcp(6379)},
    ]


def test_without_deployments_there_are_names_and_the_redis() -> None:
    assert egress({}) == fixed()


def test_each_deployment_has_one_rule_and_nothing_else_has() -> None:
    *first, issuer, by_address, in_the_cloud, in_the_cluster = egress(CATALOGUE)
    assert first == fixed()
    assert issuer["ports"] == in_the_cloud["ports"] == tcp(443)
    assert issuer["to"] == in_the_cloud["to"] == internet()
    assert by_address == {"to": [{"ipBlock": {"cidr": "10.0.0.5/32"}}], "ports": tcp(8000)}
    behind = CATALOGUE["networkPolicy"]["destinations"]["r1-b"]
    assert in_the_cluster == {"to": behind["to"], "ports": tcp(behind["port"])}


def internet() -> list[dict[str, Any]]:
    named = deployment("https://models.example/v1", zone="public-cloud")
    peers: list[dict[str, Any]] = added(named)["to"]
    return peers


def added(new: dict[str, Any], **row: Any) -> Rule:
    """The one rule that a deployment brings."""
    values = changed(CATALOGUE, "config/deployments/a-new-one", new)
    if row:
        values = changed(values, "networkPolicy/destinations/a-new-one", row)
    rules, before = egress(values), egress(CATALOGUE)
    first = len(fixed()) + 1  # after the issuer's: deployments follow by name
    rule = rules.pop(first)
    assert rules == before
    return rule


ADDRESSES = {
    "http://10.9.8.7:8000/v1": ("10.9.8.7/32", 8000),
    "http://10.9.8.7/v1": ("10.9.8.7/32", 80),
    "https://10.9.8.7": ("10.9.8.7/32", 443),
    "http://[fd00::5]:8000/v1": ("fd00::5/128", 8000),
    "http://[fd00::5]/v1": ("fd00::5/128", 80),
}


@pytest.mark.parametrize("url", ADDRESSES)
def test_an_address_is_allowed_alone_with_its_port(url: str) -> None:
    cidr, port = ADDRESSES[url]
    assert added(deployment(url)) == {"to": [{"ipBlock": {"cidr": cidr}}], "ports": tcp(port)}


def test_behind_a_proxy_the_proxy_is_allowed_and_nothing_else() -> None:
    cloud = deployment(
        "https://models.example/v1", zone="public-cloud", proxy="http://10.1.1.1:3128"
    )
    assert added(cloud) == {"to": [{"ipBlock": {"cidr": "10.1.1.1/32"}}], "ports": tcp(3128)}


def test_what_a_name_stands_for_goes_before_everything() -> None:
    peers = [{"ipBlock": {"cidr": "203.0.113.0/24", "except": ["203.0.113.7/32"]}}]
    named = deployment("https://models.example/v1", zone="public-cloud")
    assert added(named, to=peers) == {"to": peers, "ports": tcp(443)}


INSIDE = {
    "in-house": deployment("http://vllm:8000/v1"),
    "device": deployment("http://laptop:8000/v1", zone="device"),
    "private cloud": deployment(
        "https://models.example/v1", zone="trusted-cloud", addresses="private"
    ),
    "proxy": deployment(
        "https://models.example/v1", zone="public-cloud", proxy="http://proxy:3128"
    ),
}


@pytest.mark.parametrize("named", INSIDE.values(), ids=INSIDE)
def test_a_name_inside_that_stands_for_nothing_is_refused(named: dict[str, Any]) -> None:
    values = changed(CATALOGUE, "config/deployments/a-new-one", named)
    done = helm("template", "acme", str(CHART), values=values)
    assert done.returncode != 0
    assert "say in networkPolicy.destinations.a-new-one.to" in done.stderr


def test_a_row_for_nothing_is_refused() -> None:
    row = {"to": [{"ipBlock": {"cidr": "10.0.0.1/32"}}]}
    values = changed(CATALOGUE, "networkPolicy/destinations/gone", row)
    done = helm("template", "acme", str(CHART), values=values)
    assert done.returncode != 0
    assert "networkPolicy.destinations.gone: no deployment has that name" in done.stderr


PROBED = [
    *("1.1.1.1", "8.8.8.8", "20.0.0.1", "10.0.0.1", "172.16.0.1", "172.32.0.1", "192.168.1.1"),
    *("100.64.0.1", "100.100.100.200", "127.0.0.1", "168.63.129.16", "169.254.169.254", "0.0.0.0"),
    *("198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "2606:4700:4700::1111"),
    *("::1", "fd00:ec2::254", "fe80::1", "ff02::1", "::"),
]


@pytest.mark.parametrize("address", PROBED)
def test_public_is_what_the_gateway_takes_for_public(address: str) -> None:
    assert within(address, internet()) == is_permitted(address, "public")


def within(address: str, peers: list[dict[str, Any]]) -> bool:
    def holds(cidr: str) -> bool:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)

    return any(
        holds(peer["ipBlock"]["cidr"]) and not any(map(holds, peer["ipBlock"].get("except", ())))
        for peer in peers
    )


def test_nothing_else_may_be_connected_to_or_connect() -> None:
    manifests = render(CATALOGUE)
    deny = one(manifests, "NetworkPolicy", "-deny")["spec"]
    assert deny.keys() == {"podSelector", "policyTypes"}
    assert deny["policyTypes"] == ["Ingress", "Egress"]
    labels = one(manifests, "StatefulSet")["spec"]["template"]["metadata"]["labels"]
    policies = [one for one in manifests if one["kind"] == "NetworkPolicy"]
    assert len(policies) == 3
    assert all(one["spec"]["podSelector"]["matchLabels"] == labels for one in policies)


def test_who_may_connect_to_which_port() -> None:
    given = CATALOGUE["networkPolicy"]
    assert one(render(CATALOGUE), "NetworkPolicy", "-ingress")["spec"]["ingress"] == [
        {"from": given["clients"], "ports": tcp(8080)},
        {"from": given["monitoring"], "ports": tcp(8081)},
    ]
    assert one(render(), "NetworkPolicy", "-ingress")["spec"]["ingress"] == []


def test_each_issuer_has_one_rule_however_often_it_is_named() -> None:
    users = {"tenant": "acme", "apps": ["portal"], "audience": "sekisho-users"}
    rows = [
        {**users, "issuer": issuer}
        for issuer in ("https://login.example", "https://users.example:8443/realm")
    ]
    values = changed(CATALOGUE, "config/identity/on_behalf_of", rows)
    peers = [{"podSelector": {"matchLabels": {"app": "keycloak"}}}]
    values = changed(values, "networkPolicy/issuers", {"users.example": {"to": peers}})
    rules, before = egress(values), egress(CATALOGUE)
    assert rules.pop(len(fixed()) + 1) == {"to": peers, "ports": tcp(8443)}
    assert rules == before
    lost = changed(CATALOGUE, "networkPolicy/issuers", {"users.example": {"to": peers}})
    done = helm("template", "acme", str(CHART), values=lost)
    assert "networkPolicy.issuers.users.example: no OpenID provider" in done.stderr


def test_no_setting_leads_elsewhere() -> None:
    """Every URL that the values may hold is one that a rule is made from."""
    sections = json.loads((CHART / "values.schema.json").read_text())["$defs"]
    urls = {
        f"{section}.{name}"
        for section, told in sections.items()
        for name, setting in told.get("properties", {}).items()
        if "://" in json.dumps(setting.get("pattern", setting.get("anyOf", "")))
    }
    ours = {"DeploymentSettings.base_url", "DeploymentSettings.proxy", "State.url"}
    names_of_callers = {"Certified.uri"}
    assert urls == {*ours, "Oidc.issuer", "OnBehalfOf.issuer"} | names_of_callers


def test_the_rules_are_of_the_deployments_that_the_gateway_is_given() -> None:
    settings = Settings.model_validate(yaml.safe_load(config(CATALOGUE)))
    assert len(egress(CATALOGUE)) == len(fixed()) + 1 + len(settings.deployments)
