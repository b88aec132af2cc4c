"""The frozen types that carry a request from stage to stage; what can hold user text has ``repr=False``: no log prints it."""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

Json: TypeAlias = Any
"""A decoded JSON value: ``None``, ``bool``, ``int``, ``float``, ``str``, ``list`` or ``dict``."""

Path: TypeAlias = tuple[str | int, ...]
"""Keys and indices that lead from the root of a document to a place in it."""

Origin: TypeAlias = Literal["system", "user", "assistant", "tool", "schema", "other"]
Escaping: TypeAlias = Literal["none", "json"]
Place: TypeAlias = Literal["prose", "literal", "number", "key", "identifier", "tool_name", "signed"]
"""What a text of a request is; see ``gateway.text.places``."""
Zone: TypeAlias = Literal["in-house", "device", "trusted-cloud", "public-cloud"]
Treatment: TypeAlias = Literal[
    "keep", "placeholder", "surrogate", "mask", "hash", "block", "in-house-only"
]
Allows: TypeAlias = Callable[[str], bool]
Form: TypeAlias = Literal["chat.completions", "completions", "embeddings"]
"""The three neutral forms of a request, named after the OpenAI operation whose document it is."""
WireFormat: TypeAlias = Form | Literal["anthropic", "gemini", "bedrock"]
"""The formats in which requests leave: OpenAI's documents, and those of other vendors' APIs."""

ReasoningMode: TypeAlias = Literal["pass", "redact", "drop"]
OutputDepth: TypeAlias = Literal["patterns", "whole"]
OutputUse: TypeAlias = Literal["allowed", "conditional", "forbidden", "unknown"]
HarvestState: TypeAlias = Literal["off", "below", "over", "unknown"]
ProofState: TypeAlias = Literal["declared", "verified", "unverified", "expired", "mismatch"]
"""Only declared in the configuration; or its signed record is verified, not verifiable, expired, or contradicted."""
Source: TypeAlias = Literal["client", "policy", "gateway", "upstream"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The authenticated caller. Its ``roles`` on the admin API apply to ``role_tenants``; ``*`` is all."""

    subject: str
    tenant: str
    app: str
    groups: frozenset[str]
    credential_id: str
    method: Literal["api-key", "oidc", "certificate"]
    user: str = ""
    """The end user on whose behalf it calls, as a keyed hash; ``""`` for none."""
    roles: frozenset[str] = frozenset()
    role_tenants: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One leaf of the caller's document that a detector must read.

    ``text`` of a number is its JSON spelling; of a key, the key itself (``path`` ends with it). A name can't be replaced, and a
    signed text is sent unchanged or left out. With ``escaping == "json"`` offsets count characters of the raw string.
    """

    path: Path
    origin: Origin
    text: str = field(repr=False)
    escaping: Escaping = "none"
    place: Place = "prose"

    @property
    def key(self) -> str:
        """The nearest object key above the text, as context for rules such as ``"password": …``."""
        for step in reversed(self.path):
            if isinstance(step, str):
                return step
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A parsed request in its dialect. Its document is the caller's and is never sent as it is."""

    dialect: str
    operation: str
    model: str
    stream: bool
    document: Json = field(repr=False)
    segments: tuple[Segment, ...] = field(repr=False)
    tools: frozenset[str] = field(repr=False)
    """Names of the function tools that the caller declared; only their arguments are restored."""
    modalities: frozenset[str]
    """``text``, and ``image``, ``audio``, ``file`` which no detector reads."""
    purpose: str | None = None
    max_output_tokens: int | None = None
    previous_response_id: str | None = None
    """The stored reply that this call continues, as the caller names it."""
    keep: bool = False
    """Whether the caller requested that the reply be stored for a later call."""
    reply_id: str = ""
    """The id under which the reply will be stored; empty when it won't be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A sensitive span: offsets into ``Call.segments[segment].text``, never the matched text."""

    segment: int
    start: int
    end: int
    entity: str
    score: float
    detector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """All findings, disjoint within a segment and sorted, and kinds of content that no detector can read."""

    findings: tuple[Finding, ...]
    unscannable: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A deployment's provenance status; ``manifest`` is the digest of the weights in its signed record, or ``""``."""

    state: ProofState = "declared"
    manifest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """The facts about one deployment that could serve the call.

    Countries are ISO 3166-1 alpha-2 codes, or ``""`` when unknown; ``host`` is normalised; ``host_operator`` is the
    operator whose published hosts contain it, or ``""``. ``lineage`` names the developers of the weights and of everything
    they were made from, the nearest first. ``provenance`` and ``manifest`` are its ``Proof``. ``bias`` is the score that
    was measured, 0 to 1, and ``bias_days`` its age in days; ``None`` when there is none. ``rerouted`` marks a deployment of the
    model that the application's row names for data that must stay in-house. ``harvest``: whether this key sent too many
    different prompts to the model.
    """

    deployment: str
    zone: Zone
    host: str
    host_operator: str
    operator: str
    operator_country: str
    datacentre_country: str
    developer: str
    developer_country: str
    weights: str
    lineage: tuple[str, ...]
    licences: tuple[str, ...]
    provenance: ProofState
    manifest: str
    output_use: OutputUse
    bias: float | None
    bias_days: int | None
    rerouted: bool
    harvest: HarvestState


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The input of a policy decision: coarse, without text, subject or request id.

    ``findings`` maps entity to origin to a bucketed count, as ``tools``: ``"0"``, ``"1"``, ``"2-9"`` or ``"10+"``. ``hour`` is
    the hour of the week in the policy's time zone, 0 (Monday 00:00) to 167. ``max_output_tokens`` is 0 when the caller sets
    none; ``exceptions`` are those in force on this day.
    """

    tenant: str
    app: str
    groups: tuple[str, ...]
    dialect: str
    operation: str
    model: str
    stream: bool
    tools: str
    findings: Mapping[str, Mapping[str, str]]
    unscannable: tuple[str, ...]
    modalities: tuple[str, ...]
    purpose: str
    max_output_tokens: int
    hour: int
    exceptions: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a rule refused. ``code`` is the stable error code it maps to.

    ``source`` is the document that the rule is based on (a licence, terms, a directive), if any.
    """

    id: str
    title: str
    remedy: str
    mode: Literal["enforce", "shadow"]
    code: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The decision for one candidate deployment; an entity that a treatment does not name gets a placeholder."""

    allow: bool
    reasons: tuple[Reason, ...]
    shadow_reasons: tuple[Reason, ...]
    treatment: Mapping[str, Treatment]
    reasoning: ReasoningMode
    output_depth: OutputDepth
    output_treatment: Mapping[str, Treatment]
    """The treatment of each entity that the model generates."""
    output_use: OutputUse
    rerouted: bool = False
    """Whether this deployment serves another model than the requested one, as the application's row configures."""
    exceptions: tuple[str, ...] = ()
    """Exceptions that override a rule for this deployment."""
    proof: Proof = Proof()
    lineage: Mapping[str, str] = field(default_factory=dict)
    """The row of the weights: developer, base, licences, and the clause that ``output_use`` comes from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A policy decision: ``allow`` only if a candidate is permitted; ``id`` is a digest of revision and facts."""

    id: str
    allow: bool
    reasons: tuple[Reason, ...]
    shadow_reasons: tuple[Reason, ...]
    candidates: Mapping[str, Verdict]
    revision: str
    facts_hash: str


class Vault(Protocol):
    """The values of one request and their replacements; dropped at its end."""

    @property
    def pattern(self) -> re.Pattern[str]:
        """Matches replacements in a text; ``get`` distinguishes those of this scope."""

    @property
    def prefixes(self) -> Collection[str]:
        """Every prefix of a replacement that looks like text, in each spelling that a reply can contain."""

    def put(self, entity: str, value: str) -> str:
        """The placeholder for ``value``: the same for the same surface form, whatever the entity."""

    def surrogate(self, entity: str, value: str, allows: Allows) -> str | None:
        """As ``put``, with a surrogate that ``allows`` accepts; ``None`` when there is none."""

    def get(self, replacement: str) -> str | None:
        """The value of a replacement minted in this scope, else ``None``."""

    def begins(self, text: str) -> bool:
        """Whether a replacement minted in this scope begins with ``text``."""

    def irreversible(self, made: str) -> str:
        """``made``, a mask or a hash that replaces a value; it is remembered, and never restored."""

    def entities(self) -> Mapping[str, Collection[str]]:
        """Every value that must not be on the wire, with the entities as which it was found."""

    def without_replacements(self, text: str) -> str:
        """The text with every replacement of this scope cut out, and NUL in its place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskedCall:
    """A call whose sensitive values were replaced (``redactions`` counts them): only this can be cleared.

    ``document`` is in the caller's dialect; ``neutral`` is the same request as the OpenAI document that ``form`` names,
    without ``model`` and ``stream``: every upstream accepts it.
    """

    dialect: str
    operation: str
    model: str
    stream: bool
    document: Json = field(repr=False)
    neutral: Json = field(repr=False)
    form: Form = "chat.completions"
    redactions: Mapping[str, int]
    characters: int = 0  # of the request's texts: how much work the document is


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One endpoint that serves a model, as configured, without credentials."""

    name: str
    kind: Literal["openai", "litellm"]
    base_url: str
    model: str
    """The model name that is sent upstream."""
    operator: str
    zone: Zone
    datacentre: str
    weights: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """First event of a reply: the ids as the upstream sent them."""

    id: str
    model: str
    created: int
    fingerprint: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TextDelta:
    """A piece of the answer's text."""

    choice: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusalDelta:
    """A piece of the model's own refusal."""

    choice: int
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasoningDelta:
    """A piece of the model's reasoning, where the upstream returns it."""

    choice: int
    text: str = field(repr=False)
    field_name: str = "reasoning_content"
    """The name of this upstream's field for reasoning: the caller gets the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolDelta:
    """A piece of a tool call. The first of a part has ``call_id`` and ``name``; ``text`` is raw JSON."""

    choice: int
    part: int
    call_id: str | None = None
    name: str | None = field(default=None, repr=False)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageEvent:
    """Token counts as reported, nested ones in ``details``. ``clamped``: one was not possible for a reply, and was limited."""

    input_tokens: int
    output_tokens: int
    details: Mapping[str, Json] = field(default_factory=dict)
    clamped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Finish:
    """The end of one choice, with the upstream's reason."""

    choice: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnknownField:
    """A text leaf of an unknown field, at ``path`` in the message or delta: scanned, never restored, framed again there."""

    choice: int
    path: Path
    text: str = field(repr=False)
    number: bool = False
    """Whether ``text`` is the JSON spelling of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """The vector of one input text, by the input's index: only numbers."""

    choice: int
    vector: tuple[float, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyStored:
    """The reply was stored under the ``reply_id`` of its call. If present, it is the last event."""


TextEvent: TypeAlias = TextDelta | RefusalDelta | ReasoningDelta | ToolDelta | UnknownField
"""The events that hold text."""

Event: TypeAlias = Start | TextEvent | UsageEvent | Finish | Embedding | ReplyStored
