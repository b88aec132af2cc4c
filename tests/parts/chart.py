"""The chart, rendered with the real helm."""

import functools
import json
import subprocess
from typing import Any

import pytest
import yaml

from tests.parts.configuration import deployment
from tests.parts.opa import ROOT

CHART = ROOT / "helm"

CATALOGUE: dict[str, Any] = {
    "config": {
        "state": {"url": "rediss://redis.state:6379/0", "ca_file": "/run/secrets/files/redis.pem"},
        "limits": {"body_bytes": 16777216},
        "identity": {"oidc": {"issuer": "https://login.example", "audience": "sekisho"}},
        "models": {"deepseek-r1": {"deployments": ["r1-a", "r1-b", "r1-azure"]}},
        "deployments": {
            "r1-a": deployment("http://10.0.0.5:8000/v1"),
            "r1-b": deployment("http://vllm.models.svc:80/v1"),
            "r1-azure": deployment(
                "https://r1.services.ai.azure.com/openai/v1",
                operator="azure",
                zone="trusted-cloud",
                api_key_file="/run/secrets/files/azure",
            ),
        },
    },
    "networkPolicy": {
        "clients": [{"namespaceSelector": {"matchLabels": {"team": "billing"}}}],
        "monitoring": [{"podSelector": {"matchLabels": {"app": "prometheus"}}}],
        "destinations": {
            "r1-b": {
                "to": [
                    {
                        "namespaceSelector": {"matchLabels": {"name": "models"}},
                        "podSelector": {"matchLabels": {"app": "vllm"}},
                    }
                ],
                "port": 8000,
            }
        },
    },
}
"""Values of a company with a model by address, one behind a Service, and one in a cloud."""


def helm(*arguments: str, values: dict[str, Any] | None = None) -> subprocess.CompletedProcess[str]:
    """Run ``helm`` with these arguments, and values as a file."""
    binary = ROOT / ".tools" / "bin" / "helm"
    if not binary.exists():
        pytest.skip("helm is not built: run 'make tools'")
    return subprocess.run(
        [str(binary), *arguments, "--values", "-"],
        input=json.dumps(values or {}),
        capture_output=True,
        text=True,
        check=False,
    )


def render(values: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The manifests of a release named ``acme`` in the namespace ``llm``."""
    text = _rendered(json.dumps(values or {}))
    return [document for document in yaml.safe_load_all(text) if document]


@functools.cache
def _rendered(values: str) -> str:
    command = ("template", "acme", str(CHART), "--namespace", "llm")
    done = helm(*command, values=json.loads(values))
    assert done.returncode == 0, done.stderr
    return done.stdout


def one(manifests: list[dict[str, Any]], kind: str, ending: str = "") -> dict[str, Any]:
    """The only manifest of a kind whose name ends so."""
    (found,) = (
        manifest
        for manifest in manifests
        if manifest["kind"] == kind and manifest["metadata"]["name"].endswith(ending)
    )
    return found


def pod(values: dict[str, Any] | None = None) -> dict[str, Any]:
    """What a Pod of the gateway is made of."""
    spec: dict[str, Any] = one(render(values), "StatefulSet")["spec"]["template"]["spec"]
    return spec


def containers(spec: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every container of a Pod, sidecars included, by name."""
    return {one["name"]: one for one in [*spec.get("initContainers", ()), *spec["containers"]]}


def config(values: dict[str, Any] | None = None) -> str:
    """The configuration file of the gateway."""
    text: str = one(render(values), "ConfigMap")["data"]["sekisho.yaml"]
    return text


def changed(values: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy in which what the dotted path names is another."""
    copy: dict[str, Any] = json.loads(json.dumps(values))
    *steps, last = path.split("/")
    node = copy
    for step in steps:
        node = node.setdefault(step, {})
    node[last] = value
    return copy
