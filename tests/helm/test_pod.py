"""What a Pod may do, how it is probed, and how it ends."""

from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from gateway import timeouts
from gateway.app import compose
from tests.helm.test_chart import CASES, PINNED
from tests.parts.chart import containers, one, pod, render
from tests.parts.commands import ENVIRON
from tests.parts.gateways import detector, prepared

_WRITTEN = {"/tmp", "/var/lib/sekisho"}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_every_container_is_restricted(values: dict[str, Any]) -> None:
    """The profile "restricted" of https://kubernetes.io/docs/concepts/security/pod-security-standards/, and more."""
    spec = pod(values)
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsUser"] > 0
    assert set(containers(spec)) == {"opa", "gateway"}
    for container in containers(spec).values():
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        assert not any("hostPort" in port for port in container["ports"])


def test_no_volume_is_the_hosts_and_only_two_are_written() -> None:
    spec = pod()
    kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
    assert kinds == {"configMap", "secret", "emptyDir"}
    mounts = [mount for each in containers(spec).values() for mount in each["volumeMounts"]]
    assert {mount["mountPath"] for mount in mounts if not mount.get("readOnly")} == _WRITTEN


def test_secrets_are_files_and_never_in_the_environment() -> None:
    assert not any({"env", "envFrom"} & each.keys() for each in containers(pod()).values())


def test_the_audit_log_outlives_its_pod() -> None:
    spec = one(render(), "StatefulSet")["spec"]
    (claim,) = spec["volumeClaimTemplates"]
    mounted = {mount["name"]: mount["mountPath"] for mount in spec_mounts(spec)}
    assert mounted[claim["metadata"]["name"]] == "/var/lib/sekisho"
    assert set(spec["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}


def spec_mounts(spec: dict[str, Any]) -> list[dict[str, Any]]:
    mounts: list[dict[str, Any]] = containers(spec["template"]["spec"])["gateway"]["volumeMounts"]
    return mounts


def test_probes_ask_for_paths_that_the_gateway_serves(tmp_path: Path) -> None:
    app = compose(prepared(tmp_path), ENVIRON, detector=detector()).public()
    served = {route.path for route in app.router.routes if isinstance(route, Route)}
    gateway = containers(pod())["gateway"]
    probes = {name: gateway[name]["httpGet"] for name in gateway if name.endswith("Probe")}
    assert len(probes) == 3
    assert {probe["path"] for probe in probes.values()} <= served
    assert {probe["port"] for probe in probes.values()} == {"public"}
    assert probes["readinessProbe"]["path"] == "/readyz"


def test_probes_speak_tls_where_the_port_does() -> None:
    gateway = containers(pod(PINNED))["gateway"]
    assert gateway["readinessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert containers(pod())["gateway"]["readinessProbe"]["httpGet"]["scheme"] == "HTTP"


def test_a_pod_has_time_to_finish_what_is_under_way() -> None:
    spec = pod()
    wait = containers(spec)["gateway"]["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert wait > 0
    assert spec["terminationGracePeriodSeconds"] >= wait + timeouts.SHUTDOWN > wait + timeouts.DRAIN


def test_a_replica_leaves_at_a_time_and_two_are_spread() -> None:
    manifests = render()
    stateful = one(manifests, "StatefulSet")["spec"]
    labels = stateful["selector"]["matchLabels"]
    assert stateful["replicas"] == 2
    assert labels.items() <= stateful["template"]["metadata"]["labels"].items()
    budget = one(manifests, "PodDisruptionBudget")["spec"]
    assert (budget["maxUnavailable"], budget["selector"]["matchLabels"]) == (1, labels)
    spread = stateful["template"]["spec"]["topologySpreadConstraints"]
    assert all(rule["labelSelector"]["matchLabels"] == labels for rule in spread)


def test_another_configuration_is_rolled_out() -> None:
    def stamp(values: dict[str, Any]) -> str:
        template = one(render(values), "StatefulSet")["spec"]["template"]
        return str(template["metadata"]["annotations"]["checksum/config"])

    assert stamp({}) == stamp({"replicas": 3})
    assert stamp({}) != stamp(PINNED)


def test_services_lead_to_the_ports_that_the_gateway_opens() -> None:
    manifests = render()
    opened = containers(pod())["gateway"]["ports"]
    ports = {port["name"]: port["containerPort"] for port in opened}
    for name in ("sekisho", "-admin"):
        service = one(manifests, "Service", name)
        assert service["spec"]["type"] == "ClusterIP"
        (port,) = service["spec"]["ports"]
        assert ports[port["targetPort"]] == port["port"]
