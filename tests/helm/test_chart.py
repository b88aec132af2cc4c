"""The chart as helm and Kubernetes take it: it lints, it renders, it is valid, and it refuses what it does not know."""

import re
import shutil
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.parts.chart import CATALOGUE, CHART, changed, helm, one, pod, render
from tests.parts.opa import ROOT

PINNED: dict[str, Any] = {
    "replicas": 3,
    "image": {"digest": f"sha256:{'a' * 64}"},
    "imagePullSecrets": [{"name": "registry"}],
    "audit": {"storageClass": "fast-local"},
    "config": {
        "workers": 2,
        "listen": {
            "tls": {
                "cert_file": "/run/secrets/files/tls.crt",
                "key_file": "/run/secrets/files/tls.key",
                "client_ca_file": "/run/secrets/files/clients.crt",
                "client_certificates": "optional",
            }
        },
    },
}
CASES = {"default": {}, "catalogue": CATALOGUE, "pinned": PINNED}
"""Values as three kinds of users have them."""


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_it_lints(values: dict[str, Any]) -> None:
    done = helm("lint", "--strict", str(CHART), values=values)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("version", ["1.30", "1.37"])
@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
def test_every_manifest_is_valid(values: dict[str, Any], version: str) -> None:
    for manifest in render(values):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_a_manifest_that_kubernetes_does_not_know_would_be_found() -> None:
    """That the validation above is strict."""
    service = one(render(), "Service", "-admin")
    service["spec"]["clusterIp"] = "None"
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(service, "1.37", strict=True)


def test_names_are_the_releases_own() -> None:
    first, second = ({_key(one) for one in render_as(name)} for name in ("blue", "green"))
    assert len(first) == len(render_as("blue"))
    assert not first & second


def render_as(release: str) -> list[dict[str, Any]]:
    done = helm("template", release, str(CHART))
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def _key(manifest: dict[str, Any]) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


UNKNOWN = {
    "replica": 3,
    "image/pullPolicy": "Never",
    "resources/claims": [],
    "resources/limits/nvidia.com~gpu": "1",
    "imagePullSecrets": [{"password": "hunter2"}],
    "config/listen/host": "::1",
    "config/policy/engine": "embedded",
    "config/keys/ring_env": "RING",
    "config/deployments/r1-a/verify_tls": False,
    "config/deployments/R1": {},
    "networkPolicy/clients": [{"podSelector": {}}],
    "networkPolicy/redis/to": [],
    "networkPolicy/destinations/r1-b/to": [{}],
    "config/state/url": "memory://",
}


@pytest.mark.parametrize("path", UNKNOWN)
def test_what_the_schema_lacks_is_refused(path: str) -> None:
    assert_refused(changed(CATALOGUE, path, UNKNOWN[path]))


def test_a_port_must_not_insist_on_certificates_that_probes_do_not_have() -> None:
    tls = PINNED["config"]["listen"]["tls"]
    assert_refused(changed(PINNED, "config/listen/tls/client_certificates", "required"))
    silent = {name: tls[name] for name in tls if name != "client_certificates"}
    assert_refused(changed(PINNED, "config/listen/tls", silent))


SECRETS = {
    "keyRing/ring": "{}",
    "redis/password": "hunter2hunter2",
    "callers/keys": [],
    "config/state/password": "hunter2hunter2",
    "config/state/url": "redis://:hunter2hunter2@redis:6379/0",
    "config/identity/keys": [{"id": "a", "key_env": "KEY", "tenant": "a", "app": "a"}],
    "config/deployments/r1-azure/api_key": "sk-0123456789abcdef",
    "config/deployments/r1-azure/api_key_file": "sk-0123456789abcdef",
    "config/deployments/r1-azure/client_key_file": "-----BEGIN PRIVATE KEY-----",
    "config/deployments/r1-azure/base_url": "https://user:hunter2@r1.services.ai.azure.com/v1",
    "config/identity/oidc/issuer": "https://user:hunter2@login.example",
    "config/deployments/r1-azure/proxy": "http://user:hunter2@proxy:3128",
}


@pytest.mark.parametrize("path", SECRETS)
def test_a_secret_in_the_values_is_refused(path: str) -> None:
    assert_refused(changed(CATALOGUE, path, SECRETS[path]))


def assert_refused(values: dict[str, Any]) -> None:
    done = helm("template", "acme", str(CHART), values=values)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr
    assert not done.stdout


@pytest.mark.parametrize("path", ["config/deployments/r1-a/kind", "networkPolicy/clients"])
def test_what_is_refused_is_refused_for_that_alone(path: str) -> None:
    """The values of the tests above are accepted without what they plant."""
    assert helm("lint", "--strict", str(CHART), values=CATALOGUE).returncode == 0
    good = {"config/deployments/r1-a/kind": "openai", "networkPolicy/clients": []}
    assert render(changed(CATALOGUE, path, good[path]))


def notes(folder: Path, values: dict[str, Any]) -> str:
    """The notes, as a manifest of a copy of the chart: helm prints them to who has a cluster alone."""
    chart = Path(shutil.copytree(CHART, folder / "chart"))
    text = (chart / "templates/NOTES.txt").read_text()
    (chart / "templates/_notes.tpl").write_text(f'{{{{ define "notes" }}}}{text}{{{{ end }}}}')
    (chart / "templates/notes.yaml").write_text('notes: {{ include "notes" . | quote }}')
    shown = ("--show-only", "templates/notes.yaml")
    done = helm("template", "acme", str(chart), "--namespace", "llm", *shown, values=values)
    assert done.returncode == 0, done.stderr
    return str(yaml.safe_load(done.stdout)["notes"])


def test_the_notes_print_the_base_url(tmp_path: Path) -> None:
    service = one(render(), "Service", "sekisho")["metadata"]["name"]
    told = notes(tmp_path, CATALOGUE)
    assert f"http://{service}.llm.svc:8080/v1" in told
    assert "Nobody may connect" not in told


def test_the_notes_say_what_is_still_missing(tmp_path: Path) -> None:
    told = notes(tmp_path, PINNED)
    assert "https://acme-sekisho.llm.svc:8080/v1" in told
    assert "Nobody may connect" in told
    spec = pod(PINNED)["volumes"]
    needed = {
        one["secret"]["secretName"]
        for one in spec
        if one.get("secret", {"optional": 1}).get("optional") is None
    }
    assert needed == {"sekisho-key-ring", "sekisho-redis"}
    assert all(name in told for name in (*needed, "sekisho-policy"))


def test_it_may_be_part_of_another_chart(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("{apiVersion: v2, name: company, version: 0.1.0}")
    shutil.copytree(CHART, tmp_path / "charts/sekisho")
    done = helm("template", "acme", str(tmp_path), values={"global": {"team": "platform"}})
    assert done.returncode == 0, done.stderr
    assert len([one for one in yaml.safe_load_all(done.stdout) if one]) == len(render())


def test_the_values_of_the_page_are_accepted() -> None:
    page = (ROOT / "docs/kubernetes.md").read_text()
    (text,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(render(yaml.safe_load(text))) == len(render())


def test_versions_are_those_of_the_project_and_of_the_tools() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    assert f'version = "{chart["appVersion"]}"' in (ROOT / "pyproject.toml").read_text()
    assert values["image"]["tag"] == chart["appVersion"]
    opa = values["opa"]["image"]["tag"].removesuffix("-static")
    assert f"open-policy-agent/opa v{opa} " in (ROOT / "tools/go.mod").read_text()
