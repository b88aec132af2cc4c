"""The stages of a request and of a reply, each as work on one text.

What a stage gets from the one before is made of the text itself (:func:`marked`), so that each is measured alone, and with
more findings than detection would give it.
"""

import re
from collections.abc import Iterator
from typing import Final

import orjson

from gateway.app import wire_check
from gateway.detect.base import Span
from gateway.detect.overlap import resolve_overlaps
from gateway.detect.rules.ruleset import apply_rules
from gateway.detect.scan.passages import mapped_passages
from gateway.detect.scan.segmenter import PatternSegmenter
from gateway.detect.scan.spread import spread
from gateway.dialects.openai.chat import OpenAIChat
from gateway.redact.generated import JsonStringTracker, RequestIndex, treat
from gateway.redact.mask import mask
from gateway.redact.reasoning_tags import ThinkSplitter
from gateway.redact.restore import Restorer
from gateway.redact.vault import RequestVault
from gateway.text.decoding import decoded_views
from gateway.text.fold import fold
from gateway.text.normalized import normalized
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Call, Event, Finish, Scan, Segment, Start, TextDelta, ToolDelta
from tests.growth.measure import Prepare, Work

_KEY: Final = b"k" * 32
_PIECE: Final = 16
"""Characters of a stream's piece."""
_EVERY: Final = 200
"""Characters between the placeholders of a reply."""
_WORD: Final = re.compile(r"\w[\w.@-]*")
_MOST_VALUES: Final = 2_000
_DIALECT: Final = OpenAIChat()


def body(text: str) -> bytes:
    """A request with the text in a message, in a tool's arguments and in a tool's result."""
    arguments = orjson.dumps({"text": text}).decode()
    call = {"id": "c1", "type": "function", "function": {"name": "save", "arguments": arguments}}
    messages = [
        {"role": "user", "content": text},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": text},
    ]
    return orjson.dumps({"model": "m", "messages": messages})


def parsed(text: str) -> Call:
    """The call of that request."""
    return _DIALECT.parse(body(text), "chat.completions")


def marked(text: str) -> tuple[Span, ...]:
    """Every third word as a person; a run without words in pieces of twenty characters."""
    words = [match.span() for match in _WORD.finditer(text)] or [
        (at, at + 20) for at in range(0, len(text) - 20, 20)
    ]
    return tuple(_spans(words[::3][:_MOST_VALUES]))


def _spans(places: list[tuple[int, int]]) -> Iterator[Span]:
    for start, end in places:
        cut = min(end, start + 40)
        yield Span(start=start, end=cut, entity="PERSON", score=0.9, detector="names")


def _scan_of(call: Call) -> Scan:
    findings = [
        span.in_segment(index)
        for index, segment in enumerate(call.segments)
        if segment.place not in ("identifier", "number") and segment.escaping == "none"
        for span in marked(segment.text)
    ]
    return Scan(findings=tuple(findings), unscannable=frozenset())


def _vault(call: Call) -> RequestVault:
    return RequestVault(_KEY, "root-1", SegmentTexts(call.segments).request_text)


def _pieces(text: str) -> list[str]:
    return [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]


def _parse(text: str) -> Work:
    raw = body(text)
    return lambda: _DIALECT.parse(raw, "chat.completions")


def _fold(text: str) -> Work:
    return lambda: (fold(text), normalized(text))


def _views(text: str) -> Work:
    folded = fold(text).text
    return lambda: list(decoded_views(folded))


def _passages(text: str) -> Work:
    segments = parsed(text).segments
    return lambda: [mapped_passages(segment, segment.text, ()) for segment in segments]


def _rules(text: str) -> Work:
    return lambda: apply_rules(text)


def _spread(text: str) -> Work:
    segments = parsed(text).segments
    half = len(text) // 8
    # Values of the beginning, to be found in all that follows.
    known = tuple(span for span in marked(text) if span.end <= half)
    found = [known if segment.text == text else () for segment in segments]
    # Made anew each time: its forms are kept.
    return lambda: spread(SegmentTexts(segments), found)


def _overlap(text: str) -> Work:
    words = [match.span() for match in _WORD.finditer(text)] or [
        (at, at + 20) for at in range(0, len(text) - 20, 20)
    ]
    spans = [
        Span(start=start, end=words[min(at + reach, len(words) - 1)][1], entity=entity, score=score, detector="test")
        for reach, entity, score in ((0, "PERSON", 0.8), (2, "LOCATION", 0.9), (5, "PHONE_NUMBER", 1.0))
        for at, (start, _) in enumerate(words)
    ]  # fmt: skip
    return lambda: resolve_overlaps(spans, text)


def _mask(text: str) -> Work:
    call = parsed(text)
    scan = _scan_of(call)
    return lambda: _rebuilt(call, scan, _vault(call))


def _rebuilt(call: Call, scan: Scan, vault: RequestVault) -> bytes:
    masking = mask(call, scan, {}, vault)
    return orjson.dumps(_DIALECT.rebuild(call, masking.replacements, masking.redactions).document)


def _check(text: str) -> Work:
    """The values of another text, so that none is found and all of it is read."""
    call = parsed(text)
    vault = RequestVault(_KEY, "root-1")
    for span in marked(text):
        vault.put("PERSON", f"Q{text[span.start : span.end]}Q")
    return lambda: wire_check(vault, call.document, "chat.completions")


def _segment(text: str) -> Work:
    pieces = _pieces(text)

    def work() -> object:
        segmenter = PatternSegmenter()
        return [*(segmenter.feed(piece) for piece in pieces), segmenter.flush()]

    return work


def _reasoning(text: str) -> Work:
    pieces = _pieces(text)

    def work() -> object:
        splitter = ThinkSplitter(strict=True)
        return [*(list(splitter.feed(piece)) for piece in pieces), list(splitter.flush())]

    return work


def _treat(text: str) -> Work:
    index = RequestIndex(
        SegmentTexts([Segment(path=(), origin="user", text="Nobody is in this request.")])
    )
    spans = marked(text)
    return lambda: treat(
        text,
        spans,
        index=index,
        vault=RequestVault(_KEY, "root-1"),
        treatment={},
        json=JsonStringTracker(),
    )


def _restore(text: str) -> Work:
    vault = RequestVault(_KEY, "root-1")
    minted = vault.put("PERSON", "Kenji Tanaka")
    reply = minted.join(text[at : at + _EVERY] for at in range(0, len(text), _EVERY))
    pieces = _pieces(reply)

    def work() -> object:
        restorer = Restorer(vault, escape=False, hosts=frozenset({"a.example"}))
        return [*map(restorer.feed, pieces), restorer.flush()]

    return work


def _frame(text: str) -> Work:
    call = parsed("hello")
    start = Start(id="c", model="m", created=1)
    texts = [TextDelta(choice=0, text=piece) for piece in _pieces(text)]
    tool = ToolDelta(choice=0, part=0, call_id="c1", name="save", text=text)
    events: list[Event] = [start, *texts, tool, Finish(choice=0, reason="tool_calls")]

    def work() -> object:
        framer = _DIALECT.framer(call)
        frames = [framer.feed(event) for event in events]
        return [*frames, framer.done(), _DIALECT.assemble(call, events)]

    return work


STAGES: Final[dict[str, Prepare]] = {
    "parse": _parse,
    "fold": _fold,
    "decode": _views,
    "passages": _passages,
    "rules": _rules,
    "spread": _spread,
    "overlap": _overlap,
    "mask": _mask,
    "check": _check,
    "segment": _segment,
    "reasoning": _reasoning,
    "treat": _treat,
    "restore": _restore,
    "frame": _frame,
}
"""The work of each stage on a text; scanning with the networks is in ``test_scan``."""
