"""A candidate run ends at the same offset however its text arrives, and reads each character a bounded number of times."""

import pytest

from gateway.detect.scan.candidate_run import CandidateRun

LONGEST = 8192
KEY = "-----BEGIN PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7x\n-----END PRIVATE KEY-----"
LINE = "QUJD" * 16

RUNS = [
    ("03-1234-5678 is", "03-1234-5678"),
    ("GB82 WEST 1234 5698 bank", "GB82 WEST 1234 5698"),
    ("4111 1111\n1111", "4111 1111"),
    ("6b 69 ab cd plain", "6b 69 ab cd"),
    ("東京都千代田区千代田1-2。次", "東京都千代田区千代田1-2"),
    (KEY + "\nend", KEY),
    (f"{LINE}\n{LINE}\nQUJDQUJDQUJDQUJD rest", f"{LINE}\n{LINE}\nQUJDQUJDQUJDQUJD"),
    (f"{LINE}\nplain", LINE),
    ("-----BEGIN CERTIFICATE-----\nplain", "-----BEGIN CERTIFICATE-----"),
]


def run() -> CandidateRun:
    return CandidateRun(0, inside=False, longest=LONGEST)


@pytest.mark.parametrize(("text", "expected"), RUNS)
def test_a_run_ends_at_the_same_offset_however_it_arrives(text: str, expected: str) -> None:
    assert run().end(text, len(text), final=True) == len(expected)
    following = run()
    ends = [following.end(text[:end], end, final=False) for end in range(3, len(text))]
    ends = [end for end in [*ends, following.end(text, len(text), final=True)] if end is not None]
    assert ends[0] == len(expected)


@pytest.mark.parametrize("text", ["03-1234-5678", "4111 1111 ", KEY[:-3], f"{LINE}\n{LINE}"])
def test_a_run_is_open_while_more_text_could_extend_it(text: str) -> None:
    following = run()
    assert following.end(text, len(text), final=False) is None
    assert following.end(text, len(text), final=True) == len(text.rstrip())


def test_a_run_may_begin_inside_another() -> None:
    inside = CandidateRun(0, inside=True, longest=LONGEST)
    assert inside.end("plain 12 word ", 14, final=False) == len("plain 12")
