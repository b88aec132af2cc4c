import socket
import threading
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from gateway.detect import child
from gateway.detect.base import Passage, Span


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A channel to ``child.main`` run on a thread of this process."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    # Collecting here would end objects of other tests on this thread.
    monkeypatch.setattr("gc.collect", lambda: 0)
    monkeypatch.setattr("gc.freeze", lambda: None)
    monkeypatch.setattr(child, "_die_with_parent", lambda: None)
    ours, theirs = socket.socketpair()
    engine = f"{__package__}.engines:moody"
    thread = threading.Thread(target=child.main, args=([str(theirs.detach()), engine, "en"],))
    thread.start()
    yield ours
    ours.close()
    thread.join()


def _receive(channel: socket.socket) -> Any:
    (size,) = child.HEADER.unpack(channel.recv(child.HEADER.size, socket.MSG_WAITALL))
    return orjson.loads(channel.recv(size, socket.MSG_WAITALL))


def _ask(channel: socket.socket, *passages: Passage) -> Any:
    body = child.encode_job(passages)
    frame = child.HEADER.pack(len(body)) + body
    for start in range(0, len(frame), 7):
        channel.sendall(frame[start : start + 7])
    return _receive(channel)


def test_a_child_greets_answers_and_reports_errors_without_the_text(served: socket.socket) -> None:
    assert _receive(served) == {"revision": "moody"}
    spans = child.decode_spans(_ask(served, Passage(text="to ann@example.com")))
    assert [(s.start, s.end) for s in spans[0]] == [(3, 18)]
    assert _ask(served, Passage(text="raise")) == {"error": "ValueError"}
    assert _ask(served) == []


def test_jobs_and_spans_survive_the_way_there_and_back() -> None:
    passages = [Passage(text="田中\n\0", key="氏名", languages=("en", "ja")), Passage(text="")]
    assert child.decode_job(child.encode_job(passages)) == passages
    spans = [(Span(start=0, end=2, entity="PERSON", score=0.85, detector="ner"),), ()]
    assert child.decode_spans(orjson.loads(child.encode_spans(spans))) == spans


def test_a_factory_is_found_by_its_name() -> None:
    assert child.factory(f"{__package__}.engines:moody")(("en",)).revision == "moody"
    with pytest.raises(AttributeError):
        child.factory(f"{__package__}.engines:absent")
