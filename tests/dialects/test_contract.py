"""The contract suite: what every dialect must do, whatever its vendor."""

from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.dialects.base import Dialect
from gateway.dialects.ollama.dialect import Ollama
from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.openai.completions import OpenAICompletions
from gateway.dialects.openai.embeddings import OpenAIEmbeddings
from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.errors import ClientError, InvalidRequest, PolicyDenied, UnsupportedField
from gateway.types import Call, Embedding, Event, Finish, Reason, TextDelta
from tests.dialects.core.test_json_body import HOSTILE
from tests.dialects.replies import EVENTS, START, USAGE
from tests.dialects.requests import chat


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A dialect, its smallest request and a reply."""

    dialect: Dialect
    smallest: dict[str, Any]
    reply: tuple[Event, ...]
    operation: str = ""

    def parse(self, document: Any) -> Call:
        operation = self.operation or self.dialect.operations[0]
        return self.dialect.parse(orjson.dumps(document), operation)


PROMPT = {"model": "r1", "prompt": "Hello"}
VECTORS = (START, Embedding(choice=0, vector=(0.5,)), USAGE)
TEXTS = (START, TextDelta(choice=0, text="太郎"), Finish(choice=0, reason="stop"), USAGE)

CASES = [
    pytest.param(Case(dialect=OpenAIChat(), smallest=chat(), reply=EVENTS), id="openai-chat"),
    pytest.param(
        Case(dialect=OpenAICompletions(), smallest=PROMPT, reply=TEXTS), id="openai-completions"
    ),
    pytest.param(
        Case(dialect=OpenAIEmbeddings(), smallest={"model": "r1", "input": "Hello"}, reply=VECTORS),
        id="openai-embeddings",
    ),
    pytest.param(
        Case(dialect=OpenAIResponses(), smallest={"model": "r1", "input": "Hello"}, reply=EVENTS),
        id="openai-responses",
    ),
    pytest.param(
        Case(dialect=AnthropicMessages(), smallest={**chat(), "max_tokens": 9}, reply=EVENTS),
        id="anthropic-messages",
    ),
    pytest.param(
        Case(
            dialect=AnthropicMessages(),
            operation="count_tokens",
            smallest=chat(),
            reply=(START, Embedding(choice=0, vector=()), USAGE),
        ),
        id="anthropic-count-tokens",
    ),
    pytest.param(Case(dialect=Ollama(), smallest=chat(), reply=EVENTS), id="ollama-chat"),
    pytest.param(
        Case(dialect=Ollama(), operation="generate", smallest=PROMPT, reply=TEXTS),
        id="ollama-generate",
    ),
    pytest.param(
        Case(
            dialect=Ollama(),
            operation="embed",
            smallest={"model": "r1", "input": "Hello"},
            reply=VECTORS,
        ),
        id="ollama-embed",
    ),
]
every_dialect = pytest.mark.parametrize("case", CASES)


@every_dialect
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_are_refused(case: Case, body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        case.dialect.parse(body, case.dialect.operations[0])


@every_dialect
def test_every_segment_can_be_replaced_or_is_an_identifier(case: Case) -> None:
    call = case.parse(case.smallest)
    assert call.segments
    for index, segment in enumerate(call.segments):
        if segment.place not in ("identifier", "signed"):
            masked = case.dialect.rebuild(call, {index: "[X_k7f3q2ab]"}, {"X": 1})
            assert b"[X_k7f3q2ab]" in orjson.dumps(masked.document)
            assert b"[X_k7f3q2ab]" in orjson.dumps(masked.neutral)


@every_dialect
def test_nothing_replaced_is_nothing_changed(case: Case) -> None:
    call = case.parse(case.smallest)
    masked = case.dialect.rebuild(call, {}, {})
    assert masked.document == call.document
    assert call.document.items() >= case.smallest.items()
    assert "model" not in masked.neutral
    assert (masked.model, masked.stream) == (call.model, call.stream)


@every_dialect
def test_T33_no_field_names_a_route(case: Case) -> None:
    for name in ("api_base", "api_key", "base_url"):
        with pytest.raises(UnsupportedField):
            case.parse({**case.smallest, name: "x"})


@every_dialect
@given(st.dictionaries(st.text(max_size=12), st.text(max_size=12), min_size=1, max_size=3))
def test_unknown_top_level_fields_are_refused(case: Case, fields: dict[str, str]) -> None:
    unknown = {f"zz{name}": value for name, value in fields.items()}
    with pytest.raises(UnsupportedField):
        case.parse({**case.smallest, **unknown})


@every_dialect
@pytest.mark.parametrize(
    "name",
    [
        "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "AKIAIOSFODNN7EXAMPLE",
        "sk-live-abcdefghijklmnopqrstuvwx",
        "abcdefghijklmnopqrstuvwxyz",
        "taro@example.com",
        "TaroTanaka",
        "p4ssw0rd",
        "aws_abcdefghijklmnopqrstuvwx",
        "litellm_16C7e42F",
    ],
)
def test_B37_an_unknown_field_is_named_by_its_place(case: Case, name: str) -> None:
    with pytest.raises(UnsupportedField) as caught:
        case.parse({**case.smallest, name: 1})
    assert name not in caught.value.message
    assert caught.value.param == "*"
    number = len(case.smallest) + 1
    assert f"(member {number} of {number} there)" in caught.value.message


@every_dialect
@pytest.mark.parametrize("name", ["temprature", "top_kk", "max_tokns", "baseUrl", "API-Base"])
def test_B37_a_misspelt_or_refused_field_is_still_named(case: Case, name: str) -> None:
    with pytest.raises(UnsupportedField) as caught:
        case.parse({**case.smallest, name: 1})
    assert caught.value.param == name


documents = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["role", "content", "type", "text", "a"]), inner)
    ),
    max_leaves=10,
)


@every_dialect
@given(data=st.data(), value=documents)
def test_any_value_in_any_field_is_parsed_or_refused(
    case: Case, data: st.DataObject, value: Any
) -> None:
    name = data.draw(st.sampled_from([*case.smallest, "tools", "metadata", "stop"]))
    try:
        call = case.parse({**case.smallest, name: value})
    except ClientError:
        return
    assert case.dialect.rebuild(call, {}, {}).document == call.document


@every_dialect
def test_a_reply_is_the_same_whole_and_streamed(case: Case) -> None:
    if Embedding in map(type, case.reply):
        return
    call = case.parse(case.smallest)
    framer = case.dialect.framer(call)
    streamed = b"".join(framer.feed(event) for event in case.reply) + framer.done()
    whole = case.dialect.assemble(call, case.reply)
    assert "太郎".encode() in streamed
    assert "太郎".encode() in whole


@every_dialect
def test_errors_carry_code_reasons_and_request_id(case: Case) -> None:
    reason = Reason(id="r.1", title="No", remedy="Ask", mode="enforce", code="policy_denied")
    error = PolicyDenied("Refused.", reasons=(reason,))
    framer = case.dialect.framer(case.parse(case.smallest))
    for body in (case.dialect.error(error, "req-1"), framer.error(error, "req-1")):
        for part in (b"policy_denied", b"r.1", b"Ask", b"req-1", b"Refused."):
            assert part in body


@every_dialect
def test_models_are_listed_by_name(case: Case) -> None:
    assert b'"smollm2"' in case.dialect.models(["r1", "smollm2"])
