"""The values of the Helm chart: their meaning, and the closed JSON Schema with which helm refuses everything else.

``config`` holds the gateway's own settings, except those that the chart sets. The value of a path setting is a
file of one Secret, so that no secret is in the values.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, TypeAlias

import orjson
from pydantic import Field

from gateway.settings.root import Settings
from gateway.settings.section import Name, Section

_OBJECT_NAME: Final = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
_QUANTITY: Final = r"^[0-9]+(\.[0-9]+)?(m|[kMGTPE]|[KMGTPE]i)?$"
_CIDR: Final = r"^[0-9a-fA-F.:]+/[0-9]{1,3}$"
_FILE: Final = r"^/run/secrets/files/[A-Za-z0-9][A-Za-z0-9._-]*$"

ObjectName: TypeAlias = Annotated[str, Field(pattern=_OBJECT_NAME)]
Quantity: TypeAlias = Annotated[str, Field(pattern=_QUANTITY)]
Host: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9.:-]+$")]
Port: TypeAlias = Annotated[int, Field(ge=1, le=65535)]
Labels: TypeAlias = Annotated[dict[str, str], Field(min_length=1)]

CHART_OWNS: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("keys", "policy"),
    "Listen": ("host", "port"),
    "Admin": ("host", "port"),
    "Audit": ("store",),
    "State": ("password_file",),
    "Identity": ("keys", "keys_file"),
    "Recogniser": ("onnx", "labels"),
}
"""Settings, by section, that the chart sets itself, or that a Pod can't have: keys in the environment would need one
Secret each, and a network is a folder, not a file."""

_GLOBAL: Final = {"type": "object", "description": "Reserved by helm; ignored."}
"""helm passes this to every subchart, even if it is ``{}`` (https://helm.sh/docs/chart_template_guide/subcharts_and_globals/)."""

_REDIS: Final = r"^rediss?(\+sentinel|\+cluster)?://[^@]+$"
_URL: Final = r"^https?://[^@?#]+$"


class Image(Section):
    """A container image."""

    repository: str = Field(
        pattern=r"^[a-z0-9][a-z0-9./:_-]*$", description="Registry and repository."
    )
    tag: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$", description="Tag.")
    digest: str | None = Field(
        None, pattern=r"^sha256:[0-9a-f]{64}$", description="Digest; the tag is then ignored."
    )


class ImagePullSecret(Section):
    """A Secret for pulling images."""

    name: ObjectName = Field(description="Name of the Secret.")


class Amounts(Section):
    """Amounts of compute resources."""

    cpu: Quantity | None = Field(None, description="Cores.")
    memory: Quantity | None = Field(None, description="Memory.")


class Resources(Section):
    """Requests and limits of a container."""

    requests: Amounts = Field(default_factory=Amounts, description="Requested.")
    limits: Amounts = Field(default_factory=Amounts, description="Maximum.")


class OpaSidecar(Section):
    """The Open Policy Agent sidecar of each gateway."""

    image: Image = Field(description="The image.")
    resources: Resources = Field(description="CPU and memory of the policy engine.")


class ExistingSecret(Section):
    """An existing Secret."""

    existingSecret: ObjectName = Field(description="Name of the Secret.")  # noqa: N815  # as charts spell it


class RedisSecret(ExistingSecret):
    """The Secret of the Redis."""

    passwordKey: str = Field(  # noqa: N815
        pattern=r"^[A-Za-z0-9._-]+$", description="The key of the Secret that holds the password."
    )


class ExistingConfigMap(Section):
    """An existing ConfigMap."""

    existingConfigMap: ObjectName = Field(description="Name of the ConfigMap.")  # noqa: N815


class AuditVolume(Section):
    """The volume of each replica's audit log."""

    storage: Quantity = Field(description="Size of each replica's volume.")
    storageClass: ObjectName | None = Field(  # noqa: N815
        None, description="Class of the volumes; default: that of the cluster."
    )


class Selector(Section):
    """Selects Pods or namespaces with all of these labels."""

    matchLabels: Labels = Field(description="Labels.")  # noqa: N815


class IpBlock(Section):
    """A block of addresses."""

    cidr: str = Field(pattern=_CIDR, description="The block.")
    except_: tuple[Annotated[str, Field(pattern=_CIDR)], ...] = Field(
        (), alias="except", description="Excluded blocks within it."
    )


class NetworkPolicyPeer(Section):
    """One end of a connection, in the form of a NetworkPolicy."""

    ipBlock: IpBlock | None = Field(None, description="Addresses.")  # noqa: N815
    namespaceSelector: Selector | None = Field(None, description="Namespaces.")  # noqa: N815
    podSelector: Selector | None = Field(None, description="Pods.")  # noqa: N815


Peers: TypeAlias = tuple[
    Annotated[NetworkPolicyPeer, Field(json_schema_extra={"minProperties": 1})], ...
]


class Destination(Section):
    """The addresses or Pods behind a host name."""

    to: Peers = Field(min_length=1, description="Addresses or Pods.")
    port: Port | None = Field(
        None, description="The Pods' own port, if that of the Service differs."
    )


class Dns(Section):
    """The name servers."""

    to: Peers = Field(min_length=1, description="The cluster's name servers, and nothing else.")
    port: Port = Field(description="The port.")


class RedisPeers(Section):
    """The Redis, and its sentinels or nodes."""

    to: Peers = Field(min_length=1, description="The Redis, and its sentinels or nodes.")
    ports: tuple[Port, ...] = Field(min_length=1, description="The ports.")


class NetworkPolicy(Section):
    """Permitted connections to and from the gateways."""

    clients: Peers = Field(description="Clients of the public port; nobody by default.")
    monitoring: Peers = Field(description="Clients of the admin port; nobody by default.")
    dns: Dns = Field(description="The name servers.")
    redis: RedisPeers = Field(description="The Redis.")
    issuers: dict[Host, Destination] = Field(
        description="Addresses of OpenID providers, by host; default: public addresses."
    )
    destinations: dict[Name, Destination] = Field(description="Addresses of deployments, by name.")


class Values(Section):
    """The values of the chart."""

    replicas: int = Field(ge=1, description="Number of gateways.")
    image: Image = Field(description="The gateway's image.")
    imagePullSecrets: tuple[ImagePullSecret, ...] = Field(  # noqa: N815
        (), description="Secrets for pulling images."
    )
    opa: OpaSidecar = Field(description="The policy engine.")
    keyRing: ExistingSecret = Field(description="Holds `ring.json`.")  # noqa: N815
    redis: RedisSecret = Field(description="Holds the password of the Redis.")
    callers: ExistingSecret = Field(description="Holds `keys.json`; optional.")
    files: ExistingSecret = Field(description="Holds the files that settings name; optional.")
    policy: ExistingConfigMap = Field(description="Holds `bundle.tar.gz`.")
    audit: AuditVolume = Field(description="The audit logs.")
    config: dict[str, Any] = Field(description="The gateway's [settings](configuration.md).")
    networkPolicy: NetworkPolicy = Field(description="The network.")  # noqa: N815
    resources: Resources = Field(description="CPU and memory of a gateway.")


def schema() -> bytes:
    """``values.schema.json``."""
    document = Values.model_json_schema()
    settings = _settings()
    shared = settings.pop("$defs")
    if clash := document["$defs"].keys() & shared.keys():
        raise ValueError(f"the chart and the gateway both have sections named {sorted(clash)}")
    document["$defs"] |= {**shared, "Config": settings}
    document["properties"] |= {"config": {"$ref": "#/$defs/Config"}, "global": _GLOBAL}
    _close(document)
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    option = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps({**head, **document, "title": "Values of Sekisho's chart"}, option=option)


def _settings() -> dict[str, Any]:
    """The schema of the settings, except those that the chart sets."""
    document = Settings.model_json_schema()
    for section, names in CHART_OWNS.items():
        _drop(document["$defs"][section] if section else document, names)
    document["$defs"]["State"]["properties"]["url"]["pattern"] = _REDIS
    _admit_probes(document["$defs"]["ListenTls"])
    used = set(_references(document["properties"], document["$defs"]))
    document["$defs"] = {name: document["$defs"][name] for name in sorted(used)}
    document["required"] = ["state", "models", "deployments"]
    return document


def _admit_probes(tls: dict[str, Any]) -> None:
    """The kubelet's probes present no certificate, so client certificates can't be required."""
    tls["properties"]["client_certificates"]["enum"] = ["optional"]
    tls["dependentRequired"] = {"client_ca_file": ["client_certificates"]}


def _drop(section: dict[str, Any], names: tuple[str, ...]) -> None:
    for name in names:
        del section["properties"][name]
    section["required"] = [name for name in section.get("required", ()) if name not in names]


def _references(node: Any, sections: Mapping[str, Any]) -> Iterator[str]:
    """The sections that a part of the schema refers to, and those that these refer to."""
    for part in _parts(node):
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            yield name
            yield from _references(sections[name], sections)


def _close(document: Any) -> None:
    """Refuse unknown keys, restrict paths to the Secret with files, and refuse passwords in URLs."""
    for part in _parts(document):
        if part.get("format") == "path":
            part["pattern"] = _FILE
        if str(part.get("pattern", "")).startswith("^https?://"):
            part["pattern"] = _URL
        if "patternProperties" in part:
            part["additionalProperties"] = False


def _parts(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        yield node
        for value in list(node.values()):
            yield from _parts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _parts(value)
