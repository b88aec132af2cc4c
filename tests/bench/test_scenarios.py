"""The controls: a run in which the gateway does not mask must not yield figures."""

import os
from pathlib import Path

import pytest

from bench.load import WrongAnswer, drive
from bench.payloads import message
from bench.scenarios import ALONE, KNOWN, STREAMED, Conversations, control
from bench.subjects import Subject, Subjects, free_port, process, url_of


async def test_a_gateway_that_does_not_mask_is_found_out(tmp_path: Path) -> None:
    model, through = free_port(), free_port()
    bare = ["bench.passthrough", str(through), url_of(model)]
    every = sorted(os.sched_getaffinity(0))
    async with (
        process(
            tmp_path, ["bench.upstream", str(model)], every, f"{url_of(model)}/last"
        ) as upstream,
        process(tmp_path, bare, every, f"{url_of(through)}/docs") as passthrough,
    ):
        subject = Subject(name="passthrough", url=url_of(through), tree=passthrough)
        impostor = Subject(name="gateway", url=url_of(through), tree=passthrough)
        server = Subject(name="upstream", url=url_of(model), tree=upstream)
        with pytest.raises(WrongAnswer, match="4 of 4 test values reached the model"):
            await control(Subjects(upstream=server, passthrough=subject, gateway=impostor, key="k"))
        (sample,) = await drive(subject.url, "k", [STREAMED.body(1)])
        assert message(1).split()[0] in sample.text
        assert 0 < sample.first < sample.whole


def test_what_is_known_is_the_history_and_never_the_measured_turn() -> None:
    first = 40
    (known,) = KNOWN.known(first)
    measured, last = KNOWN.body(first), message(first + 9).encode()
    assert last in measured
    assert last not in known
    assert all(message(n).encode() in known for n in range(first, first + 9))
    assert last in ALONE.body(first)


def test_conversations_share_no_turn() -> None:
    conversations = Conversations()
    starts = [*conversations.take(3), *conversations.take(3)]
    turns = [turn for start in starts for turn in range(start, start + 11)]
    assert len(turns) == len(set(turns))
