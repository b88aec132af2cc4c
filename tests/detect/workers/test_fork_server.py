import socket
import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.presidio import build
from gateway.detect.workers import fork_server
from gateway.detect.workers.fork_server import EngineFailed
from gateway.detect.workers.frames import decode_spans, encode_job, receive
from tests.detect.engines import FaultyEngine


@pytest.fixture
def served() -> Iterator[socket.socket]:
    """A channel to a worker on a thread of this process."""
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=fork_server.work, args=(theirs, FaultyEngine(), ()))
    thread.start()
    yield ours
    ours.close()
    thread.join()
    theirs.close()


def _receive(channel: socket.socket) -> Any:
    body = receive(channel)
    assert body is not None
    return orjson.loads(body)


def _ask(channel: socket.socket, *passages: Passage) -> Any:
    body = encode_job(passages)
    frame = len(body).to_bytes(4, "big") + body
    for start in range(0, len(frame), 7):
        channel.sendall(frame[start : start + 7])
    return _receive(channel)


def test_a_worker_reports_ready_answers_and_reports_errors_without_the_text(
    served: socket.socket,
) -> None:
    assert _receive(served) == {"revision": "faulty"}
    spans = decode_spans(_ask(served, Passage(text="to ann@example.com")))
    assert [(s.start, s.end) for s in spans[0]] == [(3, 18)]
    assert _ask(served, Passage(text="raise")) == {"error": "ValueError"}
    assert _ask(served) == []


def test_an_engine_is_built_by_the_named_factory() -> None:
    assert fork_server.construct("tests.detect.engines:faulty", ("en",)).revision == "faulty"
    with pytest.raises(EngineFailed, match="AttributeError"):
        fork_server.construct("tests.detect.engines:absent", ("en",))


def test_a_worker_that_cannot_load_added_recognisers_reports_why() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        fork_server.work(theirs, build(("en",)), ("dictionary=CODE=/absent",))
        assert "/absent" in _receive(ours)["failed"]
