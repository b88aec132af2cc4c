"""Settings of the places where models are served, and of the choice between them."""

from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias, get_args

from pydantic import Field, field_validator, model_validator

from gateway.settings.quotas import Price
from gateway.settings.section import Country, Name, Section
from gateway.text.destination import destination, is_subdomain
from gateway.types import Deployment, Zone

Reach: TypeAlias = Literal["public", "private", "link-local"]
"""How far in the addresses of a deployment may be; each includes the ones before it."""

Preset: TypeAlias = Literal["deepseek-r1", "deepseek-r1-0528"]

FamilyName: TypeAlias = Literal["anthropic", "gemini", "vertex", "mistral", "azure", "bedrock"]
"""Those whose socket test passes: see ``tests/upstream/litellm/test_sockets.py``."""


_REFUSED: Final = {
    "deepseek": "it leads to DeepSeek's own cloud; use kind openai with the base_url of a deployment of your own",
    "openai": "nothing has to be translated; use kind openai",
    "hosted_vllm": "nothing has to be translated; use kind openai",
    "ollama": "its OpenAI API needs no translation; use kind openai with …/v1",
    "openrouter": "it is a router; use kind openai with `providers`",
    "litellm_proxy": "where such a proxy sends to can't be known",
    "sagemaker": "its requests are signed within litellm, by a client of its own",
    "vertex_ai": "it is named vertex here",
    "azure_ai": "its API is OpenAI's; use kind openai with …/openai/v1",
}


def refusal(family: str) -> str:
    """Why a family can't be used, or ``""``."""
    if family in get_args(FamilyName):
        return ""
    reason = _REFUSED.get(family, "it has not been shown to open no connection of its own")
    return f"family {family!r} is not enabled: {reason}. Enabled: {', '.join(get_args(FamilyName))}"


_ROUTER = "openrouter.ai"
_NEAREST: dict[Zone, int] = {"in-house": 0, "device": 0, "trusted-cloud": 10, "public-cloud": 20}


class Timeouts(Section):
    """How long an upstream may take, in seconds."""

    connect: float = Field(5.0, gt=0, description="Seconds to connect.")
    first_event: float = Field(
        120.0, gt=0, description="Seconds to the first event of a streamed reply."
    )
    whole_reply: float = Field(
        600.0,
        gt=0,
        description="Seconds to a reply that is not streamed, which is silent until it is whole.",
    )
    between_events: float = Field(60.0, gt=0, description="Seconds of silence within a reply.")
    total: float = Field(1800.0, gt=0, description="Seconds for a reply, streamed or not.")


class Probe(Section):
    """How a deployment is asked, between requests, whether it works."""

    path: str | None = Field(
        "/health",
        pattern=r"^/[A-Za-z0-9/._-]*$",
        description="Path on the deployment's host that answers 200 when it works; null asks for the models alone.",
    )
    identity: bool = Field(
        True, description="Whether its list of models (`/v1/models`) must name `model`."
    )
    seconds: float = Field(5.0, gt=0, description="Seconds between two probes.")
    timeout: float = Field(2.0, gt=0, description="Seconds that a probe may take.")
    failures: int = Field(
        2, ge=1, description="Failed probes in succession after which nothing more is sent there."
    )


class Provenance(Section):
    """The signed record that a deployment is bound to."""

    record: Path = Field(
        description="The record, from `sekisho models sign`; read again when it changes."
    )
    keys: tuple[Path, ...] = Field(
        min_length=1,
        description="Public keys (PEM), one of which must have signed it; read again when they change.",
    )
    seconds: float = Field(
        5.0, gt=0, description="Seconds between two looks at what the deployment shows of itself."
    )
    stale_seconds: float = Field(
        600.0,
        gt=0,
        description="Seconds after which what it has shown no longer counts; its words are asked for twice as often.",
    )


class DeploymentSettings(Section):
    """One place where a model is served."""

    kind: Literal["openai", "litellm"] = Field(
        "openai",
        description="How to talk to it: `openai`, or in another vendor's words, which litellm translates into.",
    )
    family: FamilyName | None = Field(
        None, description="Of kind litellm: the vendor whose words are spoken."
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
        description="What the model's makers recommend: sampling, unless the caller chooses; for R1, system prompts in the user turn.",
    )
    context: int | None = Field(
        None,
        ge=1,
        description="Tokens that it takes, request and reply together; a call that can't fit goes elsewhere or is refused.",
    )
    operator: Name = Field(description="A row of policies/data/operators.yaml: who runs it.")
    zone: Zone = Field(description="in-house, device, trusted-cloud or public-cloud.")
    datacentre: Country = Field(description="Country of the data centre (ISO 3166-1 alpha-2).")
    weights: Name = Field(
        description="A row of policies/data/models.yaml: whose weights these are."
    )
    bias: Path | None = Field(
        None,
        description="Where `sekisho models probe --bias` keeps what it measured; read again when it changes. Without the file, nothing is known.",
    )
    priority: int | None = Field(
        None,
        ge=0,
        description="The lowest is tried first. Unless set: 0 in-house and on devices, 10 in a trusted cloud, 20 in a public one.",
    )
    weight: float = Field(
        1.0, gt=0, le=1000, description="Share of the requests among deployments of one priority."
    )
    concurrency: int | None = Field(
        None, ge=1, description="Requests it may have under way; more wait for a place."
    )
    drain: bool = Field(False, description="Whether it gets no new requests.")
    probe: Probe | None = Field(None, description="Probes; none unless given (`{}` is enough).")
    api_key_file: Path | None = Field(None, description="File with the upstream's API key.")
    ca_file: Path | None = Field(
        None, description="CA bundle that the upstream's certificate must chain to."
    )
    spki_pins: tuple[Annotated[str, Field(pattern=r"^sha256/[A-Za-z0-9+/]{43}=$")], ...] = Field(
        (),
        description="Public keys of which the upstream's certificate must have one: `sha256/` and the digest in base64.",
    )
    client_cert_file: Path | None = Field(
        None, description="Certificate chain that the gateway shows to the upstream (PEM)."
    )
    client_key_file: Path | None = Field(None, description="Its private key (PEM).")
    addresses: Reach | None = Field(
        None,
        description="How far in its addresses may be. Unless set: private in-house and on devices, public elsewhere. Metadata addresses never.",
    )
    proxy: str | None = Field(
        None,
        pattern=r"^http://[A-Za-z0-9.-]+(:[0-9]+)?$",
        description="An egress proxy (http://host:port) through which it is reached, by CONNECT; needs an https base_url.",
    )
    providers: tuple[str, ...] = Field(
        (), description="On a router such as OpenRouter: the only providers that it may use."
    )
    provenance: Provenance | None = Field(
        None, description="What is proven of it; unless set, it is `declared`."
    )
    timeouts: Timeouts = Field(default_factory=Timeouts, description="How long it may take.")
    price: Price | None = Field(None, description="What its tokens cost, for quotas of money.")

    @model_validator(mode="after")
    def _tls_where_it_is_needed(self) -> "DeploymentSettings":
        if (self.client_cert_file is None) != (self.client_key_file is None):
            raise ValueError("client_cert_file and client_key_file belong together")
        if not self.base_url.startswith("https://") and (
            self.proxy or self.spki_pins or self.client_cert_file
        ):
            raise ValueError("proxy, spki_pins and client_cert_file need an https base_url")
        return self

    @field_validator("family", mode="before")
    @classmethod
    def _an_enabled_family(cls, value: object) -> object:
        if isinstance(value, str) and (why := refusal(value)):
            raise ValueError(why)
        return value

    @model_validator(mode="after")
    def _a_kind_and_its_settings(self) -> "DeploymentSettings":
        if (self.kind == "litellm") != (self.family is not None):
            raise ValueError("kind litellm and family belong together")
        if self.kind == "litellm" and (self.probe is not None or self.providers):
            raise ValueError("probe and providers are for kind openai")
        return self

    @model_validator(mode="after")
    def _a_router_is_bounded(self) -> "DeploymentSettings":
        if "deepseek" in self.providers:
            raise ValueError("providers must not name the DeepSeek cloud")
        if not self.providers and is_subdomain(_host(self.base_url), _ROUTER):
            raise ValueError("a router chooses who serves: providers must say whom it may choose")
        return self

    @property
    def reach(self) -> Reach:
        """How far in its addresses may be."""
        if self.addresses is not None:
            return self.addresses
        return "private" if self.zone in ("in-house", "device") else "public"

    @property
    def rank(self) -> int:
        """Its priority, which is its zone's unless one is given."""
        return _NEAREST[self.zone] if self.priority is None else self.priority

    def deployment(self, name: str) -> Deployment:
        """The frozen description that stages pass on."""
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
        bound = self.provenance
        keys = bound.keys if bound is not None else ()
        return {
            "provenance.record": bound.record if bound is not None else None,
            **{f"provenance.keys.{number}": path for number, path in enumerate(keys)},
            "api_key_file": self.api_key_file,
            "ca_file": self.ca_file,
            "client_cert_file": self.client_cert_file,
            "client_key_file": self.client_key_file,
        }


class Routing(Section):
    """How a request finds its deployment."""

    attempts: int = Field(
        3, ge=1, le=10, description="Deployments that one request may be sent to."
    )
    queue: int = Field(
        100, ge=0, description="Requests that may wait for a place at a model's deployments."
    )
    queue_seconds: float = Field(
        10.0, gt=0, description="Seconds that a request may wait for a place; beyond them: 503."
    )
    failures: int = Field(
        3, ge=1, description="Failures in succession after which a deployment is left alone."
    )
    pause_seconds: float = Field(
        5.0,
        gt=0,
        description="Seconds for which it is left alone; doubled each time it fails again.",
    )
    longest_pause_seconds: float = Field(
        120.0,
        gt=0,
        description="Bound on the doubled pause, and on a `retry-after` that is obeyed.",
    )
    slow_start_seconds: float = Field(
        10.0, ge=0, description="Seconds over which a deployment that is back regains its weight."
    )
    conversations: int = Field(
        10_000,
        ge=0,
        description="Conversations whose deployment is remembered, for its prefix cache; 0 for none.",
    )


def _host(base_url: str) -> str:
    try:
        return destination(base_url).host
    except ValueError:
        return ""  # such a URL is refused where it is used
