"""Settings of deployments, which serve models, and of the routing between them."""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import Field, field_validator, model_validator

from gateway.settings.quotas import Price
from gateway.settings.section import Country, Name, Section
from gateway.text.destination import destination, is_subdomain, provider_name
from gateway.types import Deployment, Zone

Reach: TypeAlias = Literal["public", "private", "link-local"]
"""Which IP addresses of a deployment are accepted; each value includes those before it."""

Preset: TypeAlias = Literal["deepseek-r1", "deepseek-r1-0528"]

FamilyName: TypeAlias = Literal["anthropic", "gemini", "vertex", "mistral", "azure", "bedrock"]
"""The vendors whose socket test passes: see ``tests/upstream/litellm/test_sockets.py``."""

_REFUSED: Final = {
    "deepseek": "it leads to DeepSeek's own cloud; use kind openai with the base_url of your own deployment",
    "openai": "no translation is needed; use kind openai",
    "hosted_vllm": "no translation is needed; use kind openai",
    "ollama": "its OpenAI API needs no translation; use kind openai with …/v1",
    "openrouter": "it is a router; use kind openai with `providers`",
    "litellm_proxy": "the destination behind such a proxy is not known",
    "sagemaker": "litellm signs and sends its requests with its own HTTP client",
    "vertex_ai": "the name here is vertex",
    "azure_ai": "its API is OpenAI's; use kind openai with …/openai/v1",
}


def refusal(family: str) -> str:
    """Why a family can't be used, or ``""``."""
    if family in get_args(FamilyName):
        return ""
    reason = _REFUSED.get(
        family, "it is not verified that litellm opens no connection of its own for it"
    )
    return f"family {family!r} is not enabled: {reason}. Enabled: {', '.join(get_args(FamilyName))}"


_ROUTER = "openrouter.ai"
_DEEPSEEK = "deepseek"
# In steps of 10, so that operators can set priorities in between.
_NEAREST: dict[Zone, int] = {"in-house": 0, "device": 0, "trusted-cloud": 10, "public-cloud": 20}


class Timeouts(Section):
    """Time-outs of the upstream, in seconds."""

    connect: float = Field(5.0, gt=0, description="Seconds to connect.")
    first_event: float = Field(
        120.0, gt=0, description="Seconds to the first event of a streamed reply."
    )
    whole_reply: float = Field(
        600.0,
        gt=0,
        description="Seconds to a reply that is not streamed: the server sends nothing until it is complete.",
    )
    between_events: float = Field(60.0, gt=0, description="Seconds between two events of a reply.")
    total: float = Field(
        1800.0, gt=0, description="Seconds for the complete reply, streamed or not."
    )


class Probe(Section):
    """Health checks of a deployment between requests."""

    path: str | None = Field(
        "/health",
        # A path alone: a probe never leaves the deployment's own host.
        pattern=r"^/[A-Za-z0-9/._-]*$",
        description="Path on the deployment's host that answers 200 when it works; null checks the list of models only.",
    )
    identity: bool = Field(
        True, description="Whether the list of models (`/v1/models`) must contain `model`."
    )
    seconds: float = Field(5.0, gt=0, description="Seconds between two probes.")
    timeout: float = Field(2.0, gt=0, description="Time-out of one probe, in seconds.")
    failures: int = Field(
        2, ge=1, description="Consecutive failed probes after which no requests are sent there."
    )


class Provenance(Section):
    """The signed record that a deployment must match."""

    record: Path = Field(
        description="The record, from `sekisho models sign`; read again when it changes."
    )
    keys: tuple[Path, ...] = Field(
        min_length=1,
        description="Public keys (PEM), one of which must have signed it; read again when they change.",
    )
    seconds: float = Field(
        5.0,
        gt=0,
        description="Seconds between observations of what the deployment reports about itself.",
    )
    stale_seconds: float = Field(
        600.0,
        gt=0,
        description="Seconds after which an observation no longer counts; the fingerprint is requested twice as often.",
    )


class DeploymentSettings(Section):
    """One endpoint that serves a model."""

    kind: Literal["openai", "litellm"] = Field(
        "openai",
        description="Protocol: `openai`, or `litellm` for another vendor's API, which litellm translates to.",
    )
    family: FamilyName | None = Field(
        None, description="Of kind litellm: the vendor whose API is used."
    )
    api_version: str = Field(
        "2024-10-21", pattern=r"^[0-9a-z.-]+$", description="Of family azure: its `api-version`."
    )
    base_url: str = Field(
        pattern=r"^https?://", description="URL up to and including the version, such as …/v1."
    )
    model: str = Field(min_length=1, description="The model name sent upstream.")
    preset: Preset | None = Field(
        None,
        description="The model vendor's recommendations: sampling parameters, unless the caller sets them; for R1, system prompts in the user turn.",
    )
    context: int | None = Field(
        None,
        ge=1,
        description="Context window in tokens, request and reply together; a call that can't fit goes elsewhere or is refused.",
    )
    operator: Name = Field(description="A row of policies/data/operators.yaml: who operates it.")
    zone: Zone = Field(description="in-house, device, trusted-cloud or public-cloud.")
    datacentre: Country = Field(description="Country of the data centre (ISO 3166-1 alpha-2).")
    weights: Name = Field(
        description="A row of policies/data/models.yaml: the weights that it serves."
    )
    bias: Path | None = Field(
        None,
        description="File in which `sekisho models probe --bias` stores its result; read again when it changes. Without the file, the bias is unknown.",
    )
    priority: int | None = Field(
        None,
        ge=0,
        description="The lowest is tried first. Default: 0 in-house and on devices, 10 in a trusted cloud, 20 in a public one.",
    )
    weight: float = Field(
        1.0, gt=0, le=1000, description="Share of the requests among deployments of one priority."
    )
    concurrency: int | None = Field(
        None, ge=1, description="Maximum requests in flight; more wait for a slot."
    )
    drain: bool = Field(False, description="Whether it receives no new requests.")
    probe: Probe | None = Field(None, description="Probes; none unless given (`{}` is enough).")
    api_key_file: Path | None = Field(None, description="File with the upstream's API key.")
    ca_file: Path | None = Field(
        None, description="CA bundle that the upstream's certificate must chain to."
    )
    spki_pins: tuple[Annotated[str, Field(pattern=r"^sha256/[A-Za-z0-9+/]{43}=$")], ...] = Field(
        (),
        description="Pinned public keys, one of which the upstream's certificate must have: `sha256/` and the digest in base64.",
    )
    client_cert_file: Path | None = Field(
        None, description="Certificate chain that the gateway presents to the upstream (PEM)."
    )
    client_key_file: Path | None = Field(None, description="Its private key (PEM).")
    addresses: Reach | None = Field(
        None,
        description="Which IP addresses it may have: public, also private, or also link-local. Default: private in-house and on devices, public elsewhere. Metadata addresses never.",
    )
    proxy: str | None = Field(
        None,
        pattern=r"^http://[A-Za-z0-9.-]+(:[0-9]+)?$",  # no user and password: they would be in the configuration
        description="An egress proxy (http://host:port) through which it is reached, by CONNECT; needs an https base_url.",
    )
    providers: tuple[str, ...] = Field(
        (),
        description="For a router such as OpenRouter: the only providers that it may use, none of them denied in policies/data/operators.yaml.",
    )
    provenance: Provenance | None = Field(
        None, description="Its signed record; without one, its provenance is `declared`."
    )
    timeouts: Timeouts = Field(default_factory=Timeouts, description="Time-outs.")
    price: Price | None = Field(None, description="Price of its tokens, for quotas of money.")

    @model_validator(mode="after")
    def _tls_is_used_where_needed(self) -> "DeploymentSettings":
        if (self.client_cert_file is None) != (self.client_key_file is None):
            raise ValueError("client_cert_file and client_key_file belong together")
        # Without TLS these settings would have no effect, although the operator relies on them.
        if not self.base_url.startswith("https://") and (
            self.proxy or self.spki_pins or self.client_cert_file
        ):
            raise ValueError("proxy, spki_pins and client_cert_file need an https base_url")
        return self

    @field_validator("family", mode="before")
    @classmethod
    def _family_is_enabled(cls, value: object) -> object:
        if isinstance(value, str) and (why := refusal(value)):
            raise ValueError(why)
        return value

    @model_validator(mode="after")
    def _settings_fit_the_kind(self) -> "DeploymentSettings":
        if (self.kind == "litellm") != (self.family is not None):
            raise ValueError("kind litellm and family belong together")
        if self.kind == "litellm" and (self.probe is not None or self.providers):
            raise ValueError("probe and providers are for kind openai")
        return self

    @model_validator(mode="after")
    def _router_is_restricted(self) -> "DeploymentSettings":
        names = {provider_name(provider) for provider in self.providers}
        if _DEEPSEEK in names:
            raise ValueError("providers must not name the DeepSeek cloud")
        if "" in names:
            raise ValueError("providers: a name is empty")
        if not self.providers and is_subdomain(_host(self.base_url), _ROUTER):
            raise ValueError(
                "a router chooses the provider: `providers` must list those that it may choose"
            )
        return self

    @property
    def reach(self) -> Reach:
        """Which IP addresses are accepted."""
        if self.addresses is not None:
            return self.addresses
        # A public service whose name leads to a private address is an attack or a mistake.
        return "private" if self.zone in ("in-house", "device") else "public"

    @property
    def rank(self) -> int:
        """Its priority; the default depends on the zone."""
        return _NEAREST[self.zone] if self.priority is None else self.priority

    def deployment(self, name: str) -> Deployment:
        """The immutable description that the stages pass on."""
        return Deployment(
            name=name,
            kind=self.kind,
            base_url=self.base_url,
            model=self.model,
            operator=self.operator,
            zone=self.zone,
            datacentre=self.datacentre,
            weights=self.weights,
        )

    def files(self) -> dict[str, Path | None]:
        """The files that must exist, by the setting that names them."""
        provenance = self.provenance
        keys = provenance.keys if provenance is not None else ()
        return {
            "provenance.record": provenance.record if provenance is not None else None,
            **{f"provenance.keys.{number}": path for number, path in enumerate(keys)},
            "api_key_file": self.api_key_file,
            "ca_file": self.ca_file,
            "client_cert_file": self.client_cert_file,
            "client_key_file": self.client_key_file,
        }


class Routing(Section):
    """How a deployment is selected for a request."""

    attempts: int = Field(
        3, ge=1, le=10, description="Maximum deployments that one request is sent to."
    )
    queue: int = Field(
        100, ge=0, description="Requests that may wait for a slot at a model's deployments."
    )
    queue_seconds: float = Field(
        10.0, gt=0, description="Seconds that a request may wait for a slot; then: 503."
    )
    failures: int = Field(
        3,
        ge=1,
        description="Consecutive failures after which a deployment is not used for a while.",
    )
    pause_seconds: float = Field(
        5.0,
        gt=0,
        description="Seconds for which it is not used; doubled each time it fails again.",
    )
    longest_pause_seconds: float = Field(
        120.0,
        gt=0,
        description="Maximum of the doubled pause, and of a `retry-after` that is honoured.",
    )
    slow_start_seconds: float = Field(
        10.0, ge=0, description="Seconds over which a recovered deployment regains its weight."
    )
    conversations: int = Field(
        10_000,
        ge=0,
        description="Conversations whose deployment is remembered, so that its prefix cache is used; 0 for none.",
    )


def _host(base_url: str) -> str:
    try:
        return destination(base_url).host
    except ValueError:
        return ""  # a malformed URL is refused by the connector
