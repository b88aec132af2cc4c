"""The wire check and masking agree: nothing that masking leaves is refused, and nothing that it forgets is sent.

Requests of every dialect hold words of the dialect's own vocabulary, names of models, and canaries; any of them may be a value of
any entity, under any tenant's key and any treatment. Each is built for every kind of deployment, whole and streamed.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gateway.app import wire_check
from gateway.detect.base import Span
from gateway.detect.scan.spread import spread
from gateway.dialects.base import Dialect
from gateway.edge.routes import PUBLIC_ROUTES
from gateway.errors import ContentBlocked, RedactionFailed, UpstreamError
from gateway.policy.decide.permit import clear
from gateway.redact.mask import mask
from gateway.redact.restore import Restorer
from gateway.redact.vault import RequestVault
from gateway.settings.deployments import DeploymentSettings
from gateway.text.request_text import RequestText
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Call, Finding, MaskedCall, Scan, Treatment
from gateway.upstream.litellm.adapter import LitellmAdapter
from gateway.upstream.protocol.adapter import ProviderAdapter
from gateway.upstream.protocol.openai import OpenAIAdapter
from tests.parts import configuration, samples
from tests.parts.surfaces import SURFACES, Surface
from tests.parts.vendors import VENDORS, Vendor, needs_litellm

VOCABULARY = tuple(
    "max user content model messages system assistant tool type text role function name gemma claude "
    "stop auto object string output error call_0 required input low ephemeral send to plain description "
    "parts contents input_schema tool_choice arguments additionalProperties temperature tokens json".split()
)
CANARIES = (
    "Zorblatt Quux",
    "zorb@quux.example",
    "4111111111111111",
    "咲良健二",
    "+81 90-3285-6015\n485",
)
MODELS = ("gemma-3-27b", "claude-sonnet-4-5", "llama user 8b", "zorblatt-quux", "deepseek-r1")
ENTITIES = (
    "PERSON",
    "LOCATION",
    "USERNAME",
    "SECRET_PASSWORD",
    "SECRET_API_KEY",
    "CREDIT_CARD",
    "EMPLOYEE_ID",
    "EMAIL_ADDRESS",
)
TREATMENTS: tuple[Treatment, ...] = (
    "placeholder",
    "placeholder",
    "surrogate",
    "mask",
    "hash",
    "keep",
)
DIGITS = tuple(str(n) for n in range(630, 640))

words = (
    st.sampled_from(VOCABULARY)
    | st.sampled_from(VOCABULARY).map(str.capitalize)
    | st.sampled_from(CANARIES)
    | st.sampled_from(MODELS)
    | st.sampled_from(DIGITS)
)
separators = st.sampled_from(
    (" ", " ", ": ", ", ", "\n", '"', "\\n", " [", "] ", "[PERSON_k7f3q2ab] ")
)
texts = st.lists(st.tuples(words, separators), min_size=1, max_size=6).map(
    lambda pieces: "".join(word + separator for word, separator in pieces)
)


@st.composite
def findings(draw: st.DrawFn, call: Call) -> list[tuple[Span, ...]]:
    """Some of the words, each found once, as one entity or another; the rest is for spreading to find."""
    chosen = draw(st.lists(st.tuples(words, st.sampled_from(ENTITIES)), min_size=1, max_size=4))
    found: list[list[Span]] = [[] for _ in call.segments]
    for value, entity in chosen:
        pattern = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)")
        for segment, spans in zip(call.segments, found, strict=True):
            match = pattern.search(segment.text) if segment.escaping == "none" else None
            if match and not any(s.start < match.end() and match.start() < s.end for s in spans):
                start, end = match.span()
                if segment.place == "number":
                    start, end = 0, len(segment.text)
                score = draw(st.sampled_from((0.5, 0.9, 1.0)))
                spans.append(
                    Span(start=start, end=end, entity=entity, score=score, detector="test")
                )
                break
    return [tuple(sorted(spans, key=lambda span: span.start)) for spans in found]


def scanned(call: Call, found: list[tuple[Span, ...]]) -> Scan:
    return Scan(
        findings=tuple(
            Finding(
                segment=i, start=s.start, end=s.end, entity=s.entity, score=1.0, detector="test"
            )
            for i, spans in enumerate(spread(SegmentTexts(call.segments), found))
            for s in spans
        ),
        unscannable=frozenset(),
    )


def adapter_of(vendor: Vendor | None, model: str) -> ProviderAdapter:
    changes = {} if vendor is None else {"kind": "litellm", "family": vendor.family}
    document = configuration.deployment("http://127.0.0.1:9/v1", **changes)
    # The vendors' models decide how litellm translates.
    document["model"] = model if vendor is None else vendor.model
    configured = DeploymentSettings.model_validate(document)
    adapter: ProviderAdapter = (
        OpenAIAdapter(configured, lambda _: None) if vendor is None else LitellmAdapter(configured)
    )
    adapter.prepare()
    return adapter


def sent(adapter: ProviderAdapter, masked: MaskedCall, kept: RequestVault) -> tuple[Any, Any]:
    """The document that would be sent, and its format."""
    permission = clear(
        call=masked,
        vault=kept,
        decision=samples.decision({"r1-a": True}),
        deployment=samples.deployment(),
    )
    request = adapter.build_request(permission)
    return request.document, request.form


def asked(
    surface: Surface, position: str, text: str, *, streamed: bool, beside: str = "a"
) -> tuple[Dialect, Call]:
    """A request with a text at a position, and another text in its ordinary turns."""
    row = next(row for row in PUBLIC_ROUTES if row.path == surface.path)
    build = surface.ask if position == "" else surface.positions[position]
    body = with_text(surface.with_stream(build(text), stream=streamed), beside)
    return row.dialect, row.dialect.parse(orjson.dumps(body), row.operation)


def with_text(node: Any, text: str) -> Any:
    """The request with a text in place of its one-word turns."""
    if isinstance(node, dict):
        turns = ("content", "input", "prompt", "text")
        return {
            key: text if key in turns and value in ("a", "hi") else with_text(value, text)
            for key, value in node.items()
        }
    return [with_text(value, text) for value in node] if isinstance(node, list) else node


PLACES = {
    f"{surface.name}: {position}": (surface, position)
    for surface in SURFACES
    for position in ("", *surface.positions)
}
every_door = pytest.mark.parametrize(
    "vendor",
    [None, *(pytest.param(v, marks=needs_litellm) for v in VENDORS)],
    ids=lambda v: "openai" if v is None else v.family,
)


@every_door
@given(data=st.data())
@settings(deadline=None, max_examples=120)
def test_B01_B02_B03_nothing_that_masking_leaves_is_refused_and_nothing_leaves(
    vendor: Vendor | None, data: st.DataObject
) -> None:
    surface, position = PLACES[data.draw(st.sampled_from(tuple(PLACES)))]
    streamed = data.draw(st.booleans()) and surface.streamed is not None
    dialect, call = asked(
        surface, position, data.draw(texts), streamed=streamed, beside=data.draw(texts)
    )
    kept = RequestVault(data.draw(st.binary(min_size=32, max_size=32)), "root-1")
    treatment = {entity: data.draw(st.sampled_from(TREATMENTS)) for entity in ENTITIES}
    scan = scanned(call, data.draw(findings(call)))
    try:
        masking = mask(call, scan, treatment, kept)
    except ContentBlocked:
        # A proven value in a name that nothing can replace.
        assert any(
            s.place in ("identifier", "tool_name") or s.origin == "schema" for s in call.segments
        )
        return
    masked = dialect.rebuild(call, masking.replacements, masking.redactions)
    try:
        document, form = sent(adapter_of(vendor, data.draw(st.sampled_from(MODELS))), masked, kept)
    except UpstreamError:
        assume(False)  # the vendor's API can't express the request
    wire_check(kept, document, form)
    wire = orjson.dumps(document).decode()
    for value in kept.entities():
        if value in CANARIES:
            assert value not in kept.without_replacements(wire), (value, wire)


@every_door
@given(data=st.data())
@settings(deadline=None, max_examples=120)
def test_T01_a_masker_that_forgets_is_caught_wherever_the_value_leaves(
    vendor: Vendor | None, data: st.DataObject
) -> None:
    surface, position = PLACES[data.draw(st.sampled_from(tuple(PLACES)))]
    streamed = data.draw(st.booleans()) and surface.streamed is not None
    canary = data.draw(st.sampled_from(CANARIES[1:3]))
    dialect, call = asked(surface, position, f"so {canary} it is", streamed=streamed)
    kept = RequestVault(b"k" * 32, "root-1")
    kept.put(data.draw(st.sampled_from(("CREDIT_CARD", "EMAIL_ADDRESS"))), canary)
    forgotten = dialect.rebuild(call, {}, {})
    try:
        document, form = sent(adapter_of(vendor, "m"), forgotten, kept)
    except UpstreamError:
        assume(False)
    if canary in unescaped(orjson.dumps(document).decode()):
        with pytest.raises(RedactionFailed):
            wire_check(kept, document, form)


def unescaped(wire: str) -> str:
    """The JSON with the escapes of JSON inside it undone, roughly: for canaries without control characters."""
    plain = re.sub(r"\\+u([0-9a-f]{4})", lambda m: chr(int(m[1], 16)), wire)
    return plain.replace("\\", "")


@given(data=st.data())
@settings(deadline=None)
def test_mask_then_restore_is_the_identity_in_every_dialect(data: st.DataObject) -> None:
    surface = SURFACES[data.draw(st.integers(0, len(SURFACES) - 1))]
    text = data.draw(texts)
    _, call = asked(surface, "", text, streamed=False)
    kept = RequestVault(
        data.draw(st.binary(min_size=32, max_size=32)), "root-1", RequestText([text])
    )
    treatment: dict[str, Treatment] = {
        entity: data.draw(st.sampled_from(("placeholder", "surrogate", "keep")))
        for entity in ENTITIES
    }
    masking = mask(call, scanned(call, data.draw(findings(call))), treatment, kept)
    for index, after in masking.replacements.items():
        restorer = Restorer(kept, escape=False, hosts=None)
        assert restorer.feed(after) + restorer.flush() == call.segments[index].text


MALFORMED = (
    r'{"t":"Dear Kenji\_Tanaka"}',
    r'{"cmd":"password=ab\qcd\efgh1234"}',
    '{"t":"Zorblatt Quux',
    '{"t":"Zorblatt Quux\\',
    r'{"t":"\ud83d Zorblatt Quux"}',
    r'{"t":"Zorblatt\u0020Quux \ude00"}',
    r'{"t":"\u00"}',
    '{"t":"Zorblatt Quux","t":"zorb@quux.example"}',
    "[" * 3000 + '"Zorblatt Quux"' + "]" * 3000,
    '{"t": NaN, "u": "Zorblatt Quux"}',
    '\ufeff{"t":"Zorblatt Quux"}',
    "",
    " ",
    "null",
    '"Zorblatt Quux"',
    "Zorblatt Quux",
    '{"t":"a\nZorblatt Quux"}',
)


def _malformed_bodies() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for raw in MALFORMED:
        called = {"id": "c1", "type": "function", "function": {"name": "send", "arguments": raw}}
        turns = [
            {"role": "user", "content": raw or "x"},
            {"role": "assistant", "content": None, "tool_calls": [called]},
            {"role": "tool", "tool_call_id": "c1", "content": raw},
        ]
        yield "/v1/chat/completions", raw, {"model": "m", "messages": turns}
        items = [
            {"type": "function_call", "call_id": "c1", "name": "send", "arguments": raw},
            {"type": "function_call_output", "call_id": "c1", "output": raw},
            {"role": "user", "content": raw},
        ]
        yield "/v1/responses", raw, {"model": "m", "input": items}
        use = {"type": "tool_use", "id": "c1", "name": "send", "input": {"t": raw}}
        result = {"type": "tool_result", "tool_use_id": "c1", "content": raw}
        blocks = [
            {"role": "user", "content": raw},
            {"role": "assistant", "content": [use]},
            {"role": "user", "content": [result]},
        ]
        yield "/v1/messages", raw, {"model": "m", "max_tokens": 5, "messages": blocks}
        nested = {"function": {"name": "send", "arguments": {"t": raw}}}
        turns = [
            {"role": "user", "content": raw},
            {"role": "assistant", "content": "", "tool_calls": [nested]},
            {"role": "tool", "content": raw, "tool_name": "send"},
        ]
        yield "/api/chat", raw, {"model": "m", "messages": turns}


@every_door
@pytest.mark.parametrize(
    ("path", "raw", "body"),
    [pytest.param(*row, id=f"{i}") for i, row in enumerate(_malformed_bodies())],
)
def test_B04_text_that_is_no_json_is_masked_as_text(
    vendor: Vendor | None, path: str, raw: str, body: dict[str, Any]
) -> None:
    row = next(row for row in PUBLIC_ROUTES if row.path == path)
    call = row.dialect.parse(json.dumps(body).encode(), row.operation)
    values = ("Zorblatt Quux", "zorb@quux.example", r"ab\qcd\efgh1234", r"Kenji\_Tanaka")
    found = [
        tuple(
            Span(start=at, end=at + len(v), entity="PERSON", score=0.9, detector="test")
            for v in values
            if (at := segment.text.find(v)) >= 0
        )
        for segment in call.segments
    ]
    kept = RequestVault(b"k" * 32, "root-1")
    masking = mask(call, scanned(call, found), {}, kept)
    masked = row.dialect.rebuild(call, masking.replacements, masking.redactions)
    document, form = sent(adapter_of(vendor, "m"), masked, kept)
    wire_check(kept, document, form)
    wire = orjson.dumps(document).decode()
    assert not [value for value in values if json.dumps(value)[1:-1] in wire]
