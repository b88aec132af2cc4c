"""Coverage-guided fuzzing of masking, the wire check and restoring: ``make fuzz FUZZ=masking``.

    python -m tests.fuzz.masking -max_total_time=600

Every input is the texts of a conversation. What the rules find is masked. Then no value is left for the wire check to find, text
outside of the findings is unchanged, and restoring gives the conversation back.
"""

import sys
from collections.abc import Sequence

import atheris

with atheris.instrument_imports(include=["gateway.redact", "gateway.text", "gateway.detect.scan"]):
    import orjson

    from gateway.app import wire_check
    from gateway.detect.base import Span
    from gateway.detect.rules.ruleset import apply_rules
    from gateway.detect.scan.passages import mapped_passages
    from gateway.detect.scan.spread import spread
    from gateway.dialects.openai.chat import OpenAIChat
    from gateway.errors import ContentBlocked, InvalidRequest
    from gateway.redact.mask import mask
    from gateway.redact.restore import Restorer
    from gateway.redact.vault import RequestVault
    from gateway.text.segment_texts import SegmentTexts
    from gateway.types import Call, Json, Scan, Segment
    from tests.fuzz import inputs

KEY = b"k" * 32
DIALECT = OpenAIChat()
ROLES = ("system", "user", "assistant", "user")


def one_input(data: bytes) -> None:
    """Check one input."""
    given = atheris.FuzzedDataProvider(data)
    count = given.ConsumeIntInRange(1, len(ROLES))
    check_conversation([inputs.text(given, inputs.LONGEST // count) for _ in range(count)])


def check_conversation(texts: Sequence[str]) -> None:
    """Check the properties that hold for every conversation."""
    messages = [{"role": r, "content": t} for r, t in zip(ROLES, texts, strict=False)]
    try:
        call = DIALECT.parse(orjson.dumps({"model": "m", "messages": messages}), "chat.completions")
    except InvalidRequest:
        return
    vault = RequestVault(KEY, "root-1", SegmentTexts(call.segments).request_text)
    masked = masked_document(call, found(call.segments), vault)
    if masked is None:
        return
    # RedactionFailed ends the fuzzing: a value was left, or an ordinary request is refused.
    wire_check(vault, masked, "chat.completions")
    for message, text in zip(masked["messages"], texts, strict=False):
        restorer = Restorer(vault, escape=False, hosts=None)
        if restorer.feed(message["content"]) + restorer.flush() != text:
            raise AssertionError("restoring does not give the text back")


def found(segments: Sequence[Segment]) -> list[tuple[Span, ...]]:
    """What the rules find in each segment, in its own offsets."""
    spans = []
    for segment in segments:
        mapped = mapped_passages(segment, segment.text, ())
        known = [(one, apply_rules(one.passage.text, one.passage.key)) for one in mapped]
        spans.append(tuple(span for one, local in known for span in one.to_segment(local)))
    return spans


def masked_document(call: Call, spans: list[tuple[Span, ...]], vault: RequestVault) -> Json | None:
    """The document with these values and all their occurrences masked; ``None`` where policy would refuse it."""
    findings = [
        span.in_segment(index)
        for index, marked in enumerate(spread(SegmentTexts(call.segments), spans))
        for span in marked
    ]
    try:
        masking = mask(call, Scan(findings=tuple(findings), unscannable=frozenset()), {}, vault)
    except ContentBlocked:
        return None
    return DIALECT.rebuild(call, masking.replacements, masking.redactions).document


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
