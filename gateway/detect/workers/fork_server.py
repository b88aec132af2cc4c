"""The processes of detectors: a fork server, which loads the models once, and the workers that it forks.

Started by ``fork_server_client`` as ``python -m gateway.detect.workers.fork_server FD FACTORY LANGUAGE… KIND=VALUE…``; the last
are recognisers that settings add. Each request on FD is one byte and a descriptor, the channel of a new worker; the
answer is a frame with its process id. A worker answers one frame with one frame until its channel closes. When FD
closes, the server and all its workers end, also those that are busy. Nothing is printed or logged here, since
these processes read user text.

A fork copies only the calling thread (POSIX), so the server must have no other. Recognisers that settings add may
start threads, so each worker loads them itself.
"""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

import orjson

from gateway.detect.base import Passage, Span
from gateway.detect.workers.frames import decode_job, encode_spans, receive, send


class EngineFailed(Exception):
    """An engine could not be built, or failed at a job; the message holds no user text."""


def construct(name: str, *arguments: Sequence[str]) -> Any:
    """Call the factory ``module:function`` and return what it builds.

    Raises:
        EngineFailed: with the message of the error, since no user text has been read yet.
    """
    module, _, function = name.partition(":")
    return _built(lambda: getattr(import_module(module), function)(*arguments))


def extend(engine: Any, specs: Sequence[str]) -> None:
    """Load the recognisers that settings add; where there are none, an engine needs no ``add``.

    Raises:
        EngineFailed: with the message of the error.
    """
    if specs:
        _built(lambda: engine.add(specs))


def _built(build: Callable[[], Any]) -> Any:
    try:
        return build()
    except Exception as error:  # noqa: BLE001  # the start is refused
        raise EngineFailed(f"{type(error).__name__}: {error}") from None


def run(engine: Any, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
    """Run the engine. This is the boundary where any exception refuses the request.

    Raises:
        EngineFailed: with the type of the error only, since its message may quote the text.
    """
    try:
        found: list[tuple[Span, ...]] = engine.detect(passages)
    except Exception as error:  # noqa: BLE001  # the request is refused
        raise EngineFailed(type(error).__name__) from None
    return found


def main(arguments: Sequence[str]) -> None:
    """Build the engine, then fork a worker for each channel that comes over descriptor ``arguments[0]``."""
    descriptor, name, *rest = arguments
    languages, specs = [a for a in rest if "=" not in a], [a for a in rest if "=" in a]
    with socket.socket(fileno=int(descriptor)) as control:
        try:
            engine = construct(name, languages)
        except EngineFailed as error:
            send(control, _failed(error))
            return
        gc.collect()
        gc.freeze()  # the models are permanent: a collection of them would copy the shared pages
        send(control, orjson.dumps({}))
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps workers that end
        try:
            while (channel := _next_worker_channel(control)) is not None:
                with channel:
                    pid = _fork(control, channel, engine, specs)
                send(control, orjson.dumps({"pid": pid}))
        finally:
            # The group of this process, and no other: the gateway starts the server in a session of its own.
            os.killpg(0, signal.SIGKILL)


def _next_worker_channel(control: socket.socket) -> socket.socket | None:
    """The channel of the next worker to fork, or ``None`` when the gateway has ended."""
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    return socket.socket(fileno=descriptors[0]) if descriptors else None


def _fork(control: socket.socket, channel: socket.socket, engine: Any, specs: Sequence[str]) -> int:
    """The process id of a new worker; the worker itself never returns."""
    pid = os.fork()
    if pid == 0:
        try:
            # While a copy is open, the gateway can't see that the server has closed it.
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            work(channel, engine, specs)
        finally:
            os._exit(0)  # this process is a copy of the server, whose cleanup must not run here
    return pid


def work(channel: socket.socket, engine: Any, specs: Sequence[str]) -> None:
    """The main loop of a worker: load recognisers, send the ready message, answer jobs until the channel closes."""
    try:
        extend(engine, specs)
    except EngineFailed as error:
        send(channel, _failed(error))
        return
    send(channel, orjson.dumps({"revision": engine.revision}))
    while (body := receive(channel)) is not None:
        send(channel, _answer(engine, body))


def _answer(engine: Any, body: bytes) -> bytes:
    try:
        return encode_spans(run(engine, decode_job(body)))
    except EngineFailed as error:
        return orjson.dumps({"error": str(error)})


def _failed(error: EngineFailed) -> bytes:
    return orjson.dumps({"failed": str(error)})


if __name__ == "__main__":
    main(sys.argv[1:])
