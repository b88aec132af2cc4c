"""The root of the settings: the schema of the configuration file.

Unknown keys are refused. The JSON Schema that editors use is ``docs/sekisho.schema.json``, generated from here.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import Field

from gateway.settings.deployments import DeploymentSettings, Routing
from gateway.settings.detection import Detect
from gateway.settings.identity import Identity
from gateway.settings.policy import Policy
from gateway.settings.quotas import Harvest, Quota, quota_faults
from gateway.settings.section import Name, Section
from gateway.settings.server import Admin, Audit, Keys, Limits, Listen, Logs
from gateway.settings.state import State


class Model(Section):
    """A model that callers may request."""

    aliases: tuple[str, ...] = Field((), description="Other names for it in requests.")
    deployments: tuple[Name, ...] = Field(
        min_length=1, description="Deployments that serve it, tried by priority."
    )
    deepseek_names: bool = Field(
        False,
        description="Whether the model names of DeepSeek's cloud and its R1 repositories are aliases of it.",
    )
    harvest: Harvest | None = Field(None, description="Limit on distinct prompts of one key.")


class Settings(Section):
    """The whole configuration of one gateway."""

    listen: Listen = Field(default_factory=Listen, description="The public port.")
    admin: Admin = Field(default_factory=Admin, description="The admin port.")
    workers: int = Field(
        1,
        ge=1,
        le=64,
        description="Gateway processes that share the public port; more than one require Redis in `state.url`.",
    )
    limits: Limits = Field(default_factory=Limits, description="Limits on requests.")
    keys: Keys = Field(description="The key ring.")
    audit: Audit = Field(description="The audit log.")
    state: State = Field(default_factory=State, description="Shared state.")
    policy: Policy = Field(default_factory=Policy, description="Policies.")
    detect: Detect = Field(default_factory=Detect, description="Detection.")
    identity: Identity = Field(
        default_factory=Identity, description="Callers and their credentials."
    )
    quotas: tuple[Quota, ...] = Field((), description="Limits on usage.")
    models: dict[Name, Model] = Field(
        default_factory=dict, description="Models that callers may request."
    )
    deployments: dict[Name, DeploymentSettings] = Field(
        default_factory=dict, description="Endpoints that serve models."
    )
    routing: Routing = Field(default_factory=Routing, description="Selection of deployments.")
    logs: Logs = Field(default_factory=Logs, description="Logging.")

    def faults(self, environ: Mapping[str, str]) -> list[str]:
        """Faults that no single section can detect."""
        unpriced = [
            name for name, deployment in self.deployments.items() if deployment.price is None
        ]
        return [
            *_name_faults(self),
            *self.identity.faults(environ),
            *self.keys.faults(environ),
            *_file_faults(self),
            *quota_faults(self.quotas, self.models, unpriced),
            *self._worker_faults(),
            *self._certificate_faults(),
        ]

    def _certificate_faults(self) -> list[str]:
        certificates = self.identity.certificates
        ports = (self.listen.tls, self.admin.tls)
        if (
            certificates is None
            or certificates.proxy
            or any(tls and tls.client_ca_file for tls in ports)
        ):
            return []
        return [
            "identity.certificates: no client can present one: set listen.tls.client_ca_file, or identity.certificates.proxy"
        ]

    def _worker_faults(self) -> list[str]:
        if self.workers == 1 or self.state.url != "memory://":
            return []
        return ["workers: more than one require shared state: set state.url to a Redis"]


def _name_faults(settings: Settings) -> list[str]:
    faults: list[str] = []
    taken: dict[str, str] = {}
    if sum(model.deepseek_names for model in settings.models.values()) > 1:
        faults.append("models: only one may have deepseek_names")
    for name, model in settings.models.items():
        faults += [
            f"models.{name}.deployments: no deployment is named {deployment!r}"
            for deployment in model.deployments
            if deployment not in settings.deployments
        ]
        for alias in (name, *model.aliases):
            if alias in taken:
                faults.append(f"models.{name}: {alias!r} is already a name of {taken[alias]!r}")
            # The first owner stays, so that every later fault names it.
            taken.setdefault(alias, name)
    return faults


def _file_faults(settings: Settings) -> list[str]:
    return [
        f"{where}: {path} does not exist"
        for where, path in _files(settings)
        if path is not None and not path.exists()
    ]


def _files(settings: Settings) -> Iterator[tuple[str, Path | None]]:
    for section in (
        settings.keys,
        settings.policy,
        settings.state,
        settings.identity,
        settings.detect,
    ):
        yield from section.files().items()
    yield from settings.listen.files("listen").items()
    yield from settings.admin.files("admin").items()
    for name, deployment in settings.deployments.items():
        for key, path in deployment.files().items():
            yield f"deployments.{name}.{key}", path
