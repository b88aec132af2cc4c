"""Coverage-guided fuzzing of detection: ``make fuzz FUZZ=detection``.

    python -m tests.fuzz.detection -max_total_time=600

Every input is a text and a list of cuts. For each: no exception, findings are disjoint and inside the text, decoded views
map into it, the findings do not depend on the split of a stream, and the time is bounded.
"""

import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import atheris

with atheris.instrument_imports(include=["gateway.detect", "gateway.text"]):
    from gateway.detect.base import Passage, Span
    from gateway.detect.engine.presidio import build
    from gateway.detect.rules.labelled import labelled
    from gateway.detect.rules.rule import PreparedText
    from gateway.detect.rules.ruleset import apply_rules
    from gateway.detect.scan.segmenter import PatternSegmenter, Unit, scan_unit
    from gateway.text.decoding import decoded_views
    from gateway.text.fold import fold

ENGINE = build(("ja",))
LONGEST = 4_000


def one_input(data: bytes) -> None:
    """Check one input."""
    given = atheris.FuzzedDataProvider(data)
    cuts = [given.ConsumeIntInRange(0, LONGEST) for _ in range(given.ConsumeIntInRange(0, 6))]
    key = given.ConsumeUnicodeNoSurrogates(12)
    text = _text(given)
    check(text, key, cuts)


def _text(given: "atheris.FuzzedDataProvider") -> str:
    """Half of the inputs are bytes read as UTF-8, so that the corpus of seeds is text."""
    if given.ConsumeBool():
        raw: bytes = given.ConsumeBytes(LONGEST)
        return raw.decode(errors="replace")
    text: str = given.ConsumeUnicodeNoSurrogates(LONGEST)
    return text


def check(text: str, key: str, cuts: Sequence[int]) -> None:
    """Check the properties that hold for every text."""
    folded = fold(text)
    _inside(apply_rules(text, key), text)
    for span in labelled(PreparedText.of(folded.text, key)):
        if not 0 <= span.start < span.end <= len(folded.text):
            raise AssertionError("a labelled value is outside its text")
    for view in decoded_views(folded.text):
        start, end = view.original_span(0, len(view.text))
        if not 0 <= start <= end <= len(folded.text):
            raise AssertionError("a view maps to a range outside of its text")
    for languages in ((), ("ja",)):
        (found,) = ENGINE.detect([Passage(text=text, key=key, languages=languages)])
        _inside(found, text)
    if _streamed(text, cuts) != list(apply_rules(text)):
        raise AssertionError("a split of the stream changes what is found")


def _inside(spans: Sequence[Span], text: str) -> None:
    edge = 0
    for span in spans:
        if not edge <= span.start < span.end <= len(text):
            raise AssertionError("findings overlap or are outside the text")
        edge = span.end


def _streamed(text: str, cuts: Sequence[int]) -> list[Span]:
    edges = [0, *sorted(cut % (len(text) + 1) for cut in cuts), len(text)]
    segmenter = PatternSegmenter()
    units = [unit for a, b in pairwise(edges) for unit in segmenter.feed(text[a:b])]
    return _found([*units, *segmenter.flush()])


def _found(units: Sequence[Unit]) -> list[Span]:
    spans: list[Span] = []
    offset = 0
    for unit in units:
        found = scan_unit(unit) if unit.scan else ()
        spans += [replace(s, start=s.start + offset, end=s.end + offset) for s in found]
        offset += len(unit.text)
    return spans


def main() -> None:
    """Run libFuzzer with the arguments of the command line."""
    atheris.enabled_hooks.add("RegEx")
    atheris.enabled_hooks.add("str")
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
