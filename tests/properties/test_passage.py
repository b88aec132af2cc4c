"""What must hold for every text: on the way out, no detected value; on the way back, no piece of a placeholder."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.app import wire_check
from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.scan.spread import spread
from gateway.dialects.openai.chat import OpenAIChat
from gateway.redact.mask import mask
from gateway.redact.restore import Restorer
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Call, Finding, MaskedCall, Scan, Vault
from tests.redact.samples import vault

VALUES = ("Kenji Tanaka", "kenji@corp.example", "4111111111111111", "田中健二", 'say "hi"\\now')
ENTITY = "PERSON"
DIALECT = OpenAIChat()
TOKEN = re.compile(r"[^\W\d_]+|[0-9]+|[^\s\w]|_")

plain = st.text(st.sampled_from("ab 、。.,:\n[_]😀"), max_size=6)
texts = st.lists(plain | st.sampled_from(VALUES), max_size=5).map(" ".join)
arguments = st.dictionaries(
    plain, texts | st.integers(0, 99) | st.just(4111111111111111), max_size=3
).map(json.dumps)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Chats with values in every kind of place."""
    calls = [
        {"id": f"c{i}", "type": "function", "function": {"name": "f", "arguments": raw}}
        for i, raw in enumerate(draw(st.lists(arguments, max_size=2)))
    ]
    messages: list[dict[str, Any]] = [
        {"role": "system", "content": draw(texts)},
        {"role": "user", "content": [{"type": "text", "text": draw(texts)}]},
        {"role": "assistant", "content": draw(texts), **({"tool_calls": calls} if calls else {})},
        {"role": "user", "content": draw(texts)},
    ]
    metadata = draw(st.dictionaries(texts.filter(bool), texts, max_size=2))
    return json.dumps({"model": "m", "messages": messages, "metadata": metadata}).encode()


def _found(call: Call, chosen: set[str]) -> Iterator[tuple[Span, ...]]:
    """Each chosen value is detected once, at its first plain occurrence, and missed everywhere else."""
    left = set(chosen)
    for segment in call.segments:
        spans = []
        for value in VALUES:
            start = segment.text.find(value)
            if value in left and start >= 0 and segment.escaping == "none":
                left.discard(value)
                spans.append(_span(start, start + len(value)))
        yield tuple(sorted(spans, key=lambda span: span.start))


def _span(start: int, end: int) -> Span:
    return Span(start=start, end=end, entity=ENTITY, score=0.9, detector="test")


@st.composite
def guesses(draw: st.DrawFn, call: Call) -> list[tuple[Span, ...]]:
    """Findings of any words, as networks that are often wrong give them, and of each segment disjoint."""
    found = []
    for segment in call.segments:
        spans = []
        read = segment.escaping == "none" and segment.place == "prose"
        tokens = list(TOKEN.finditer(segment.text)) if read else []
        for _ in range(draw(st.integers(0, 3)) if tokens else 0):
            first = draw(st.integers(0, len(tokens) - 1))
            last = draw(st.integers(first, len(tokens) - 1))
            start, end = tokens[first].start(), tokens[last].end()
            detector = draw(st.sampled_from(("names", "rule")))
            entity = draw(st.sampled_from(("PERSON", "LOCATION")))
            spans.append(Span(start=start, end=end, entity=entity, score=0.6, detector=detector))
        found.append(resolve_overlaps(spans, segment.text))
    return found


def _masked(call: Call, found: list[tuple[Span, ...]]) -> tuple[MaskedCall, Vault]:
    findings = tuple(
        Finding(segment=i, start=s.start, end=s.end, entity=s.entity, score=1.0, detector="test")
        for i, spans in enumerate(spread(SegmentTexts(call.segments), found))
        for s in spans
    )
    kept = vault()
    masking = mask(call, Scan(findings=findings, unscannable=frozenset()), {}, kept)
    return DIALECT.rebuild(call, masking.replacements, masking.redactions), kept


def _leaves(node: Any) -> Iterator[str]:
    """Every string, number and key of a document, and of documents inside its strings."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _leaves(value)
    elif isinstance(node, list):
        for value in node:
            yield from _leaves(value)
    elif isinstance(node, str) and node[:1] in ("{", "["):
        yield node
        try:
            yield from _leaves(json.loads(node))
        except ValueError:
            return
    elif node is not None:
        yield str(node)


@given(requests(), st.sets(st.sampled_from(VALUES)))
def test_T57_a_value_detected_in_any_segment_is_in_no_segment_on_the_wire(
    body: bytes, chosen: set[str]
) -> None:
    call = DIALECT.parse(body, "chat.completions")
    found = list(_found(call, chosen))
    detected = {
        segment.text[span.start : span.end]
        for segment, spans in zip(call.segments, found, strict=True)
        for span in spans
    }
    masked, kept = _masked(call, found)
    wire_check(kept, masked.neutral, masked.form)
    leaves = list(_leaves(masked.neutral))
    assert [(value, leaf) for value in detected for leaf in leaves if value in leaf] == []


@given(requests(), st.data())
def test_T57_whatever_was_found_masking_and_the_last_look_agree(
    body: bytes, data: st.DataObject
) -> None:
    call = DIALECT.parse(body, "chat.completions")
    masked, kept = _masked(call, data.draw(guesses(call)))
    wire_check(kept, masked.neutral, masked.form)


@given(requests(), st.sets(st.sampled_from(VALUES)))
def test_what_was_masked_comes_back_as_it_was(body: bytes, chosen: set[str]) -> None:
    call = DIALECT.parse(body, "chat.completions")
    masked, kept = _masked(call, list(_found(call, chosen)))
    for before, after in zip(_contents(json.loads(body)), _contents(masked.document), strict=True):
        restorer = Restorer(kept, escape=False, hosts=None)
        assert restorer.feed(after) + restorer.flush() == before


def _contents(document: Any) -> list[str]:
    contents = [message["content"] for message in document["messages"]]
    return [c if isinstance(c, str) else c[0]["text"] for c in contents]


@given(
    st.lists(
        st.sampled_from(VALUES) | st.text(st.sampled_from("ab P(_)田"), max_size=4), max_size=8
    ),
    st.lists(st.integers(0, 300), max_size=12),
    st.integers(0, 40),
    st.booleans(),
)
def test_for_any_split_no_piece_of_a_placeholder_reaches_the_caller(
    words: list[str], cuts: list[int], missing: int, escape: bool
) -> None:
    kept = vault()
    reply = " ".join(kept.put(ENTITY, word) if word in VALUES else word for word in words)
    reply = reply[: max(0, len(reply) - missing)]
    edges = sorted({0, len(reply), *(cut for cut in cuts if cut < len(reply))})
    restorer = Restorer(kept, escape=escape, hosts=None)
    restored = "".join([*(restorer.feed(reply[a:b]) for a, b in pairwise(edges)), restorer.flush()])
    # A bracket alone at the end may be anything: it reveals nothing and is kept.
    assert not any(piece in restored for piece in ("[P", "ERSON", "]"))
