"""Calls and findings for the tests of redaction."""

from collections.abc import Sequence

from gateway.redact.vault import RequestVault
from gateway.types import Call, Escaping, Finding, Scan, Segment

KEY = b"k" * 32


def vault() -> RequestVault:
    return RequestVault(KEY, "root-1")


def call(*texts: str, escaping: Escaping = "none") -> Call:
    segments = tuple(
        Segment(path=("messages", i, "content"), origin="user", text=text, escaping=escaping)
        for i, text in enumerate(texts)
    )
    return Call(
        dialect="openai",
        operation="chat.completions",
        model="m",
        stream=False,
        document={},
        segments=segments,
        tools=frozenset(),
        modalities=frozenset({"text"}),
    )


def scan(*spans: tuple[int, int, int, str]) -> Scan:
    """A scan of ``(segment, start, end, entity)`` findings."""
    return Scan(
        findings=tuple(
            Finding(segment=s, start=a, end=b, entity=e, score=1.0, detector="test")
            for s, a, b, e in spans
        ),
        unscannable=frozenset(),
    )


def finding_of(texts: Sequence[str], value: str, entity: str) -> tuple[int, int, int, str]:
    """The span of the first occurrence of ``value``."""
    for index, text in enumerate(texts):
        if (start := text.find(value)) >= 0:
            return index, start, start + len(value), entity
    raise AssertionError(f"{value!r} is not in the texts")
