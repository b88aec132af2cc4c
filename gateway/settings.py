"""Settings: one YAML file with ``${NAME}`` interpolation, frozen, and all faults reported at once.

``load()`` reads the file, ``Settings`` is its schema; unknown keys are refused. The JSON Schema that
editors use is ``docs/sekisho.schema.json``, generated from here.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from gateway.callers import Identity, Quota, State, quota_faults
from gateway.deployments import DeploymentSettings, Routing
from gateway.errors import ConfigError
from gateway.recognisers import Recogniser
from gateway.section import Name, Section

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


class Listen(Section):
    """An address to listen on."""

    host: str = Field(
        "127.0.0.1", description="Address to bind; loopback unless you say otherwise."
    )
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 lets the system choose one.")


class Admin(Listen):
    """Where metrics and health detail are served; never the public port."""

    port: int = Field(8081, ge=0, le=65535, description="TCP port; 0 lets the system choose one.")


class Limits(Section):
    """Bounds on what one request may cost before anything is known about it."""

    body_bytes: int = Field(
        8 * 1024 * 1024, ge=1024, description="Largest request body, in bytes; beyond it: 413."
    )
    body_seconds: float = Field(
        30.0, gt=0, description="Seconds a client may take to send the body; beyond them: 408."
    )
    concurrent_requests: int = Field(
        64, ge=1, description="Requests one credential may have under way; beyond them: 429."
    )
    output_tokens: int = Field(
        8192,
        ge=1,
        description="Longest reply, in tokens, when the caller names no bound and a quota counts tokens or money: reserved, and sent as `max_tokens`.",
    )


class Keys(Section):
    """Where the key ring comes from: a file or an environment variable holding its JSON."""

    ring_file: Path | None = Field(None, description="Path of the key ring (JSON).")
    ring_env: str | None = Field(None, description="Environment variable that holds the key ring.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Keys":
        if (self.ring_file is None) == (self.ring_env is None):
            raise ValueError("give exactly one of ring_file and ring_env")
        return self


class Audit(Section):
    """The audit log."""

    store: str = Field(
        pattern=r"^sqlite:///.+",
        description="Where records are kept: `sqlite:///relative/path.db` or `sqlite:////absolute/path.db`.",
    )
    on_failure: Literal["block"] = Field(
        "block", description="What happens when the store fails: requests are refused."
    )
    checkpoint_seconds: float = Field(
        10.0, gt=0, description="Seconds between signed checkpoints of the log."
    )


class Opa(Section):
    """An Open Policy Agent server."""

    url: str = Field(pattern=r"^https?://", description="Base URL, such as http://127.0.0.1:8181.")
    token_file: Path | None = Field(None, description="File with the bearer token.")
    ca_file: Path | None = Field(None, description="CA bundle for TLS.")
    timeout_ms: int = Field(500, ge=1, description="Milliseconds to wait for a decision.")


class PolicyBundle(Section):
    """A server that bundles are polled from."""

    url: str = Field(pattern=r"^https?://", description="URL of the bundle.")
    token_file: Path | None = Field(None, description="File with the bearer token.")
    ca_file: Path | None = Field(None, description="CA bundle for TLS.")
    poll_seconds: float = Field(60.0, gt=0, description="Seconds between polls.")
    timeout_seconds: float = Field(10.0, gt=0, description="Seconds a download may take.")
    keep: Path | None = Field(
        None, description="Where the last good bundle is kept; a restart begins with it."
    )


class PolicyVerify(Section):
    """The signature that bundles must have; unsigned ones and folders are then refused."""

    key_file: Path = Field(description="The public key, PEM.")
    algorithm: Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"] = Field(
        "RS256", description="The only algorithm that is accepted."
    )
    scope: str = Field("", description="The scope that the signature must be for.")


class Policy(Section):
    """Which policies apply and which engine evaluates them."""

    engine: Literal["embedded", "opa"] = Field(
        "embedded", description="`embedded` evaluates in the process, `opa` asks a server."
    )
    path: Path = Field(
        Path("policies"), description="A policy source folder, or a build made by `policy build`."
    )
    on_error: Literal["deny"] = Field("deny", description="What an engine failure means.")
    opa: Opa | None = Field(None, description="The server, when `engine` is `opa`.")
    watch_seconds: float = Field(
        2.0, ge=0, description="Seconds between looks at `path`; 0 looks only at SIGHUP."
    )
    bundle: PolicyBundle | None = Field(None, description="A bundle service to poll.")
    verify: PolicyVerify | None = Field(None, description="Require signed bundles.")
    candidate: Path | None = Field(
        None, description="Policies that decide beside the live ones, with no effect but a record."
    )

    @property
    def start_from(self) -> Path:
        """What is loaded at start: the last good download, if there is one, else `path`."""
        kept = self.bundle.keep if self.bundle is not None else None
        return kept if kept is not None and kept.exists() else self.path

    @model_validator(mode="after")
    def _opa_is_given(self) -> "Policy":
        if (self.engine == "opa") != (self.opa is not None):
            raise ValueError("`opa` is needed with `engine: opa`, and only then")
        return self


class Detect(Section):
    """Detection of sensitive data."""

    languages: tuple[Literal["en", "ja"], ...] = Field(
        ("en", "ja"), min_length=1, description="Languages whose detectors run."
    )
    deadline_ms: int = Field(
        2000, ge=1, description="Milliseconds a request's scan may take; beyond them: 503."
    )
    processes: int = Field(2, ge=1, le=64, description="Number of detector processes.")
    cache_entries: int = Field(
        20_000, ge=0, description="Texts whose findings are remembered (offsets only)."
    )
    optional: tuple[Literal["ORGANIZATION", "DATE_TIME", "NRP", "AGE"], ...] = Field(
        (), description="Entities that are found only when they are named here."
    )
    recognisers: tuple[Recogniser, ...] = Field((), description="Recognisers that you bring.")

    def specs(self) -> tuple[str, ...]:
        """What is added to the detectors, as detector processes are told of it."""
        switched = tuple(f"optional={entity}" for entity in self.optional)
        return switched + tuple(recogniser.spec() for recogniser in self.recognisers)


class Model(Section):
    """A model that callers may ask for."""

    aliases: tuple[str, ...] = Field((), description="Other names by which callers may ask for it.")
    deployments: tuple[Name, ...] = Field(
        min_length=1, description="Deployments that serve it; their priorities say in which order."
    )
    deepseek_names: bool = Field(
        False,
        description="Whether it also answers to the names of DeepSeek's cloud and its R1 repositories.",
    )


class Logs(Section):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level written."
    )


class Settings(Section):
    """The whole configuration of one gateway."""

    listen: Listen = Field(default_factory=Listen, description="The public port.")
    admin: Admin = Field(default_factory=Admin, description="The admin port.")
    limits: Limits = Field(default_factory=Limits, description="Bounds on requests.")
    keys: Keys = Field(description="The key ring.")
    audit: Audit = Field(description="The audit log.")
    state: State = Field(default_factory=State, description="Shared state.")
    policy: Policy = Field(default_factory=Policy, description="Policies.")
    detect: Detect = Field(default_factory=Detect, description="Detection.")
    identity: Identity = Field(default_factory=Identity, description="Who may call.")
    quotas: tuple[Quota, ...] = Field((), description="How much callers may use.")
    models: dict[Name, Model] = Field(
        default_factory=dict, description="Models that callers may ask for."
    )
    deployments: dict[Name, DeploymentSettings] = Field(
        default_factory=dict, description="Places where models are served."
    )
    routing: Routing = Field(default_factory=Routing, description="The choice between them.")
    logs: Logs = Field(default_factory=Logs, description="Logging.")


def load(path: Path, environ: Mapping[str, str] | None = None) -> Settings:
    """Read and validate the configuration at ``path``.

    Raises:
        ConfigError: with every fault found, one line each.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    document = _interpolate(_read(path), environ, "", faults)
    if faults:
        raise ConfigError(faults)
    try:
        settings = Settings.model_validate(document)
    except ValidationError as error:
        raise ConfigError([_line(fault) for fault in error.errors()]) from None
    faults = _cross_faults(settings, environ)
    if faults:
        raise ConfigError(faults)
    return settings


class _UniqueKeyLoader(yaml.SafeLoader):
    """Refuses a key given twice: YAML would silently take the last one."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} is given twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep)


def _read(path: Path) -> Any:
    try:
        return yaml.load(path.read_text(encoding="utf-8"), Loader=_UniqueKeyLoader)  # noqa: S506
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"]) from None
    except yaml.YAMLError as error:
        raise ConfigError([f"{path}: not valid YAML: {error}"]) from None


def _interpolate(value: Any, environ: Mapping[str, str], where: str, faults: list[str]) -> Any:
    if isinstance(value, dict):
        return {k: _interpolate(v, environ, f"{where}.{k}", faults) for k, v in value.items()}
    if isinstance(value, list):
        return [_interpolate(v, environ, f"{where}.{i}", faults) for i, v in enumerate(value)]
    if isinstance(value, str):
        return _VARIABLE.sub(lambda match: _variable(match[1], environ, where, faults), value)
    return value


def _variable(name: str, environ: Mapping[str, str], where: str, faults: list[str]) -> str:
    if name not in environ:
        faults.append(f"{where.lstrip('.')}: the environment variable {name} is not set")
    return environ.get(name, "")


def _line(fault: Any) -> str:
    where = ".".join(str(step) for step in fault["loc"]) or "(root)"
    message = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "extra_forbidden":
        message = "unknown key; see docs/configuration.md for the keys that exist"
    return f"{where}: {message}"


def _cross_faults(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    return [
        *_name_faults(settings),
        *settings.identity.faults(environ),
        *_key_faults(settings, environ),
        *_file_faults(settings),
        *quota_faults(settings.quotas, settings.models, _unpriced(settings)),
    ]


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
        for asked in (name, *model.aliases):
            if asked in taken:
                faults.append(f"models.{name}: {asked!r} is already a name of {taken[asked]!r}")
            taken.setdefault(asked, name)
    return faults


def _key_faults(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    ring = settings.keys.ring_env
    if ring is not None and not environ.get(ring):
        return [f"keys.ring_env: the environment variable {ring} is not set"]
    return []


def _file_faults(settings: Settings) -> list[str]:
    policy = settings.policy
    named: list[tuple[str, Path | None]] = [
        ("keys.ring_file", settings.keys.ring_file),
        ("policy.path", policy.path),
        ("policy.candidate", policy.candidate),
        *settings.state.files().items(),
        *settings.identity.files().items(),
    ]
    if policy.verify is not None:
        named.append(("policy.verify.key_file", policy.verify.key_file))
    if policy.bundle is not None:
        named += [
            ("policy.bundle.token_file", policy.bundle.token_file),
            ("policy.bundle.ca_file", policy.bundle.ca_file),
        ]
    if settings.policy.opa is not None:
        named += [
            ("policy.opa.token_file", settings.policy.opa.token_file),
            ("policy.opa.ca_file", settings.policy.opa.ca_file),
        ]
    named += [
        (f"detect.recognisers.{index}", recogniser.file)
        for index, recogniser in enumerate(settings.detect.recognisers)
    ]
    for name, deployment in settings.deployments.items():
        named += [(f"deployments.{name}.{key}", path) for key, path in deployment.files().items()]
    return [
        f"{where}: {path} does not exist" for where, path in named if path and not path.exists()
    ]


def _unpriced(settings: Settings) -> list[str]:
    return [name for name, told in settings.deployments.items() if told.price is None]
