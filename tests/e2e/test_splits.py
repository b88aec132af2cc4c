"""Every offset at which a stream can be cut, for every dialect: the reply is the same, byte for byte where only the transport cut it.

A model server's stream is read, scanned, restored and framed as in the gateway, without the network between.
"""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from typing import Any

import orjson
import pytest

from gateway.dialects.base import Dialect
from gateway.edge.routes import PUBLIC_ROUTES
from gateway.policy.decide.permit import clear
from gateway.redact.vault import RequestVault
from gateway.respond import OpenReply, Reply
from gateway.text.segment_texts import SegmentTexts
from gateway.types import Event, Form
from gateway.upstream.protocol.events import EventReader
from gateway.upstream.transport.sse import SseParser
from tests.parts.replies import Slot
from tests.parts.samples import decision, deployment, principal
from tests.parts.scripted import chunk
from tests.parts.surfaces import Surface, every_talking, without_ids
from tests.redact.samples import vault

OWN = "田中.kenji@example.co.jp"
INVENTED = "5555 5555 5555 4444"
DONE = b"data: [DONE]\n\n"
EXPECTED = f"Für 田中😀: {OWN}, not [CREDIT_CARD], 日本語。"


def said(minted: str) -> str:
    return f"Für 田中😀: {minted}, not {INVENTED}, 日本語。"


def stream(pieces: Iterable[str], form: Form, *, escaped: bool = False) -> bytes:
    """A model server's stream that says these pieces, in UTF-8 or in JSON escapes."""
    frames = []
    for piece in pieces:
        if form == "completions":
            choice = {"index": 0, "text": piece, "finish_reason": None}
            document = {"id": "c", "created": 1, "model": "m", "choices": [choice]}
            frames.append(b"data: " + orjson.dumps(document) + b"\n\n")
        else:
            frames.append(chunk({"content": piece}))
    if form == "completions":
        end = {"id": "c", "choices": [{"index": 0, "text": "", "finish_reason": "stop"}]}
        frames.append(b"data: " + orjson.dumps(end) + b"\n\n")
    else:
        frames.append(chunk({}, finish="stop"))
    body = b"".join(frames)
    return (_escaped(body) if escaped else body) + DONE


def _escaped(body: bytes) -> bytes:
    """The same JSON, with everything that is not ASCII as ``\\uXXXX``."""
    units = (ord(c) for c in body.decode().encode("utf-16-be", "surrogatepass").decode("utf-16-be"))
    return b"".join(bytes([unit]) if unit < 128 else orjson_escape(chr(unit)) for unit in units)


def orjson_escape(character: str) -> bytes:
    raw = character.encode("utf-16-be")
    return b"".join(b"\\u%02x%02x" % (raw[i], raw[i + 1]) for i in range(0, len(raw), 2))


async def shown(
    surface: Surface, chunks: Sequence[bytes], request: RequestVault, asked: Any = None
) -> bytes:
    """What the caller gets, when the model server's bytes come in these chunks."""
    asked = asked or surface.ask(f"I am {OWN}")
    row = next(row for row in PUBLIC_ROUTES if row.path == surface.path)
    dialect: Dialect = row.dialect
    call = dialect.parse(orjson.dumps(surface.with_stream(asked, stream=True)), row.operation)
    masked = dialect.rebuild(call, {}, {})
    batches = _batches(chunks, masked.form)
    cleared = clear(
        call=masked, vault=request, decision=decision({"r1-a": True}), deployment=deployment()
    )
    opened = OpenReply(
        first=next(batches),
        rest=_rest(batches),
        lease=Slot(),
        principal=principal(),
        call=call,
        cleared=cleared,
        texts=SegmentTexts(call.segments),
    )
    scanner: Any = None  # patterns need none
    framer = dialect.framer(call)
    frames = b""
    async with Reply(opened, scanner, dialect) as reply:
        while (batch := await reply.pull()) is not None:
            frames += b"".join(map(framer.feed, batch))
    return frames + framer.done()


def _batches(chunks: Sequence[bytes], form: Form) -> Iterator[list[Event]]:
    parser, reader = SseParser(), EventReader(form)
    for piece in chunks:
        batch = [
            event
            for data in parser.feed(piece)
            if data != b"[DONE]"
            for event in reader.read(data, "delta")
        ]
        if batch:
            yield batch


async def _rest(batches: Iterator[list[Event]]) -> AsyncGenerator[Sequence[Event], None]:
    for batch in batches:
        yield batch


def form_of(surface: Surface) -> Form:
    return "completions" if surface.name == "openai-completions" else "chat.completions"


def minted() -> tuple[RequestVault, str]:
    request = vault()
    return request, request.put("EMAIL_ADDRESS", OWN)


@every_talking
@pytest.mark.parametrize("escaped", [False, True], ids=["utf-8", "escapes"])
async def test_T18_the_transport_may_cut_anywhere(surface: Surface, escaped: bool) -> None:
    request, placeholder = minted()
    text = said(placeholder)
    pieces = [text[i : i + 7] for i in range(0, len(text), 7)]
    body = stream(pieces, form_of(surface), escaped=escaped)
    whole = await shown(surface, [body], request)
    assert surface.text(whole, stream=True) == EXPECTED
    for offset in range(1, len(body)):
        assert await shown(surface, [body[:offset], body[offset:]], request) == whole
    single = [body[i : i + 1] for i in range(len(body))]
    assert await shown(surface, single, request) == whole


@every_talking
async def test_T18_T26_the_model_server_may_cut_its_text_anywhere(surface: Surface) -> None:
    request, placeholder = minted()
    text = said(placeholder)
    form = form_of(surface)
    cuts = [[text[:i], text[i:]] for i in range(1, len(text))]
    cuts += [list(text), [text[i : i + 2] for i in range(0, len(text), 2)]]
    for pieces in cuts:
        reply = await shown(surface, [stream(pieces, form)], request)
        assert surface.text(reply, stream=True) == EXPECTED
        assert b"5555" not in without_ids(reply)
        assert placeholder.encode() not in reply


@every_talking
async def test_T53_tags_may_be_cut_anywhere(surface: Surface) -> None:
    request, placeholder = minted()
    text = f"<think>I see {placeholder}</think>Yes, {placeholder}."
    plain = f"<think>I see {OWN}</think>Yes, {OWN}."
    form = form_of(surface)
    inline = surface.name in ("openai-chat", "openai-completions")
    expected = plain if inline else f"Yes, {OWN}."
    for offset in range(1, len(text)):
        body = stream([text[:offset], text[offset:]], form)
        reply = await shown(surface, [body], request)
        assert surface.text(reply, stream=True) == expected
        assert (b"<think>" in reply) == inline
