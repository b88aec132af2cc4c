"""A detector process: builds an engine, then answers one frame with one frame until the channel closes.

Started by ``pool`` as ``python -m gateway.detect.child FD FACTORY LANGUAGE… KIND=VALUE…``, where the latter are
recognisers that settings add. A frame is four bytes of
length, big-endian, and JSON. Nothing is printed or logged here, since everything here is near user text.
"""

import ctypes
import gc
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Final

import orjson

from gateway.detect.base import Passage, Span

HEADER: Final = struct.Struct(">I")
_PR_SET_PDEATHSIG: Final = 1


def factory(name: str) -> Callable[..., Any]:
    """The engine factory called ``module:function``."""
    module, _, function = name.partition(":")
    built: Callable[..., Any] = getattr(import_module(module), function)
    return built


class EngineFailed(Exception):
    """An engine could not be built, or failed at a job; the message holds no user text."""


def construct(name: str, languages: Sequence[str], specs: Sequence[str] = ()) -> Any:
    """What a factory builds: an engine, of which one that is not ours need not know of added recognisers, or those alone.

    Raises:
        EngineFailed: with the reason, since no user text is near yet.
    """
    try:
        return factory(name)(languages, specs) if specs else factory(name)(languages)
    except Exception as error:  # noqa: BLE001  # the start is refused
        raise EngineFailed(f"{type(error).__name__}: {error}") from None


def run(engine: Any, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
    """What the engine finds: the boundary where whatever it raises refuses the request.

    Raises:
        EngineFailed: with the type of the error alone, since its message may quote the text.
    """
    try:
        found: list[tuple[Span, ...]] = engine.detect(passages)
    except Exception as error:  # noqa: BLE001  # the request is refused
        raise EngineFailed(type(error).__name__) from None
    return found


def encode_job(passages: Sequence[Passage]) -> bytes:
    """The frame's body that asks for the spans of these passages."""
    return orjson.dumps([[p.text, p.key, p.languages] for p in passages])


def decode_job(body: bytes) -> list[Passage]:
    """The passages that such a frame's body holds."""
    return [
        Passage(text=text, key=key, languages=tuple(languages))
        for text, key, languages in orjson.loads(body)
    ]


def encode_spans(results: Sequence[Sequence[Span]]) -> bytes:
    """The frame's body that answers a job."""
    return orjson.dumps(
        [[[s.start, s.end, s.entity, s.score, s.detector] for s in spans] for spans in results]
    )


def decode_spans(document: Any) -> list[tuple[Span, ...]]:
    """The spans of each passage, from the decoded body of an answer."""
    return [
        tuple(
            Span(start=start, end=end, entity=entity, score=score, detector=detector)
            for start, end, entity, score, detector in spans
        )
        for spans in document
    ]


def main(arguments: Sequence[str]) -> None:
    """Serve the channel at file descriptor ``arguments[0]``."""
    descriptor, name, *rest = arguments
    languages, specs = [a for a in rest if "=" not in a], [a for a in rest if "=" in a]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent ends its children in its own order
    _die_with_parent()
    with socket.socket(fileno=int(descriptor)) as channel:
        try:
            engine = construct(name, languages, specs)
        except EngineFailed as error:
            _send(channel, orjson.dumps({"failed": str(error)}))
            return
        gc.collect()
        gc.freeze()  # the models stay for good: no collection needs to walk them
        _send(channel, orjson.dumps({"revision": engine.revision}))
        while (body := _receive(channel)) is not None:
            _send(channel, _answer(engine, body))


def _answer(engine: Any, body: bytes) -> bytes:
    try:
        return encode_spans(run(engine, decode_job(body)))
    except EngineFailed as error:
        return orjson.dumps({"error": str(error)})


def _send(channel: socket.socket, body: bytes) -> None:
    channel.sendall(HEADER.pack(len(body)) + body)


def _receive(channel: socket.socket) -> bytes | None:
    header = _exactly(channel, HEADER.size)
    return None if header is None else _exactly(channel, HEADER.unpack(header)[0])


def _exactly(channel: socket.socket, size: int) -> bytes | None:
    received = bytearray()
    while len(received) < size:
        piece = channel.recv(size - len(received))
        if not piece:
            return None
        received += piece
    return bytes(received)


def _die_with_parent() -> None:
    """End also while busy when the parent is killed.

    Linux sends the signal; elsewhere the end of the channel stops the process after its current job.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() == 1:  # it died before the call above
            sys.exit()


if __name__ == "__main__":
    main(sys.argv[1:])
