"""Coverage-guided fuzzing of replies: ``make fuzz FUZZ=replies``.

    python -m tests.fuzz.replies -max_total_time=600

Every input is a reply with a placeholder in it, its channel, the dialect, and where the stream is cut. It goes through everything
that a reply goes through, as a stream and whole. Then the text does not depend on the cuts, the frames are what the dialect's
clients can read, and the caller's value is only where its placeholder was.
"""

import sys
from collections.abc import AsyncGenerator, Coroutine, Sequence
from dataclasses import replace
from typing import Any

import atheris

with atheris.instrument_imports(include=["gateway.respond", "gateway.redact", "gateway.dialects"]):
    import orjson

    from gateway.dialects.anthropic.dialect import AnthropicMessages
    from gateway.dialects.ollama.dialect import Ollama
    from gateway.dialects.openai.chat import OpenAIChat
    from gateway.dialects.responses.dialect import OpenAIResponses
    from gateway.errors import UpstreamFailed
    from gateway.policy.decide.permit import clear
    from gateway.redact.vault import RequestVault
    from gateway.respond import OpenReply, Reply
    from gateway.text.segment_texts import SegmentTexts
    from gateway.types import (
        Event,
        Finish,
        MaskedCall,
        ReasoningDelta,
        RefusalDelta,
        Start,
        TextDelta,
        ToolDelta,
    )
    from tests.fuzz import inputs
    from tests.parts.replies import Slot, flat
    from tests.parts.samples import decision, deployment, principal
    from tests.redact.samples import call

KEY = b"k" * 32
VALUE = "kenjitanaka7"
DIALECTS = (OpenAIChat(), AnthropicMessages(), Ollama(), OpenAIResponses())
KINDS = ("text", "refusal", "reasoning", "tool", "unknown tool")
REASONING = ("pass", "redact", "drop")
SENT = call("Ask anna at https://known.example/ about it.")


def one_input(data: bytes) -> None:
    """Check one input."""
    given = atheris.FuzzedDataProvider(data)
    dialect = DIALECTS[given.ConsumeIntInRange(0, len(DIALECTS) - 1)]
    kind = KINDS[given.ConsumeIntInRange(0, len(KINDS) - 1)]
    reasoning = REASONING[given.ConsumeIntInRange(0, len(REASONING) - 1)]
    cuts = inputs.cuts(given)
    check_reply(dialect, kind, reasoning, inputs.text(given), cuts)


def check_reply(dialect: Any, kind: str, reasoning: str, text: str, cuts: Sequence[int]) -> None:
    """Check the properties that hold for every reply. ``{P}`` in the text is a placeholder of the request."""
    vault = RequestVault(KEY, "root-1", SegmentTexts(SENT.segments).request_text)
    # More than one would be minted for a text that holds another value.
    text = text.replace("{P}", vault.put("PERSON", VALUE))
    results = []
    for parts in ([text], inputs.pieces(text, list(cuts))):
        events = _read(_reply([_event(kind, part) for part in parts], vault, dialect, reasoning))
        results.append(_texts(events))
        _framed(dialect, events)
    if results[0] != results[1]:
        raise AssertionError("a split of the stream changes the reply")
    if VALUE in "".join(results[0].values()) and vault.get(text) is None and "[PERSON_" not in text:
        raise AssertionError("a value is where no placeholder was")
    if kind == "unknown tool" and VALUE in results[0].get("ToolDelta", "") and VALUE not in text:
        raise AssertionError("a value is in the arguments of a tool that was not declared")


def _event(kind: str, text: str) -> Event:
    match kind:
        case "text":
            return TextDelta(choice=0, text=text)
        case "refusal":
            return RefusalDelta(choice=0, text=text)
        case "reasoning":
            return ReasoningDelta(choice=0, text=text)
        case _:
            name = "save" if kind == "tool" else "other"
            return ToolDelta(choice=0, part=0, call_id="c1", name=name, text=text)


def _reply(events: Sequence[Event], vault: RequestVault, dialect: Any, reasoning: str) -> Reply:
    async def rest() -> AsyncGenerator[Sequence[Event], None]:
        yield events
        yield [Finish(choice=0, reason="stop")]

    masked = MaskedCall(
        dialect=dialect.name,
        operation="chat.completions",
        model="m",
        stream=True,
        document={},
        neutral={},
        redactions={},
    )
    cleared = clear(
        call=masked,
        vault=vault,
        decision=decision({"r1-a": True}, reasoning=reasoning),
        deployment=deployment(),
    )
    opened = OpenReply(
        first=[Start(id="c", model="m", created=1)],
        rest=rest(),
        lease=Slot(),
        principal=principal(),
        call=replace(SENT, tools=frozenset({"save"})),
        cleared=cleared,
        texts=SegmentTexts(SENT.segments),
    )
    # Only replies that are scanned whole need a scanner.
    scanner: Any = None
    return Reply(opened, scanner, dialect)


def _read(reply: Reply) -> list[Event]:
    async def work() -> list[Event]:
        async with reply:
            return [event async for event in flat(reply)]

    return _run(work())


def _run(work: Coroutine[Any, Any, list[Event]]) -> list[Event]:
    """Without an event loop: nothing here waits."""
    try:
        work.send(None)
    except StopIteration as done:
        result: list[Event] = done.value
        return result
    raise AssertionError("a reply waits for something else than its events")


def _texts(events: Sequence[Event]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for event in events:
        if isinstance(event, TextDelta | RefusalDelta | ReasoningDelta | ToolDelta):
            name = type(event).__name__
            texts[name] = texts.get(name, "") + event.text
    return texts


def _framed(dialect: Any, events: Sequence[Event]) -> None:
    """As a client reads a stream, and a whole reply."""
    framer = dialect.framer(SENT)
    try:
        stream = b"".join([*map(framer.feed, events), framer.done()])
        orjson.loads(dialect.assemble(SENT, events))
    except UpstreamFailed:
        return  # arguments that are no JSON have no form in some dialects
    for line in stream.split(b"\n"):
        data = line.removeprefix(b"data: ")
        if data.startswith(b"{"):
            orjson.loads(data)


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
