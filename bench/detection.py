"""Detection compared with stock Presidio, in one run: what is found, and the time it takes.

    python -m bench.detection [GOLD_DIRECTORY]

Stock Presidio is its default engine with spaCy's small English model. A gold set is a file of JSON lines with ``id``,
``text`` and ``spans``; files whose names begin with ``ja`` are Japanese, which stock Presidio does not read. Both take turns
on each message, on one thread, so that a change of the machine's clock affects both.
"""

import itertools
import logging
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
from presidio_analyzer import AnalyzerEngine
from presidio_analyzer.nlp_engine import NlpEngineProvider

from bench.measure import percentile
from gateway.detect.base import Passage
from gateway.detect.engine.nlp import MODEL
from gateway.detect.engine.presidio import build
from gateway.detect.evaluation import Labelled, Score, family

Detect = Callable[[str], list[Labelled]]
_LANGUAGES: Final = ("en", "ja")
_NOT_HEADLINE: Final = frozenset(
    ("ORG", "ORGANIZATION", "COMPANYNAME", "DATE", "DATE_TIME", "DATEOFBIRTH", "DOB", "TIME", "NRP", "NORP", "AGE", "MISC", "TITLE", "QUANTITY", "ORDINAL", "CARDINAL", "MONEY", "PERCENT", "PRODUCT", "EVENT", "TITLE_AFFIX", "WORK_OF_ART", "LANGUAGE", "LAW", "MOVEMENT", "NATIONALID", "DRIVERLICENSENUM", "ZIPCODE")
)  # fmt: skip
"""Labels that the gateway does not mask by default, and labels for which the sets have no common name."""
_ROUNDS: Final = 40
_SENTENCES: Final = (
    "Could you summarise what {0} said about the delivery to {1} last week and list the open points?",
    "The order number is {2} and the customer, {0}, would like to have it before the end of the month.",
    "Please write a short and polite answer that explains why the invoice was late.",
    "Our office in {1} has moved, so the contract has to be signed by {0} again.",
    "If that does not work, call +1 212 555 0{2} or write to support{2}@example.com.",
)
_PEOPLE: Final = ("Maria Lopez", "Kenji Tanaka", "Anna Kowalska", "John Smith", "Zoë Martin")
_PLACES: Final = ("Osaka", "Chicago", "Leeds", "12 Elm Street, Springfield", "Porto")


def gateway_engine() -> Detect:
    """The gateway's engine, with both languages, as its processes run it."""
    engine = build(_LANGUAGES)

    def detect(text: str) -> list[Labelled]:
        (spans,) = engine.detect([Passage(text=text, languages=_LANGUAGES)])
        return [(span.start, span.end, span.entity) for span in spans]

    return detect


def stock() -> Detect:
    """Presidio in its default configuration."""
    logging.getLogger("presidio-analyzer").setLevel(logging.CRITICAL)
    models = [{"lang_code": "en", "model_name": MODEL}]
    provider = NlpEngineProvider(nlp_configuration={"nlp_engine_name": "spacy", "models": models})
    analyzer = AnalyzerEngine(nlp_engine=provider.create_engine())

    def detect(text: str) -> list[Labelled]:
        return [(r.start, r.end, r.entity_type) for r in analyzer.analyze(text, "en")]

    return detect


def message(words: int, seed: int) -> str:
    """A message of about this many words, different for each seed."""
    sentences = itertools.islice(itertools.cycle(_SENTENCES), seed % 5, None)
    text = ""
    for number, sentence in enumerate(sentences):
        if len(text.split()) >= words:
            break
        person, place = _PEOPLE[(seed + number) % 5], _PLACES[(seed * 3 + number) % 5]
        text += sentence.format(person, place, 100 + (seed * 7 + number) % 900) + " "
    return " ".join(text.split()[:words])


def speed(one: Detect, other: Detect, words: int) -> tuple[float, float]:
    """Milliseconds at the median for each of two detectors, in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for seed in range(_ROUNDS + 5):
        text = message(words, seed)
        for detect, taken in zip((one, other), times, strict=True):
            start = time.perf_counter()
            detect(text)
            taken.append((time.perf_counter() - start) * 1000)
    return percentile(times[0][5:], 50), percentile(times[1][5:], 50)


def scores(rows: list[dict[str, Any]], detect: Detect) -> Iterator[tuple[str, Score]]:
    """A set's scores within each scope."""
    labels = {span["label"] for row in rows for span in row["spans"]}
    scopes = {"headline": Score(), "full": Score()}
    families = {
        "headline": frozenset(map(family, labels - _NOT_HEADLINE)),
        "full": frozenset(map(family, labels)),
    }
    for row in rows:
        gold = [(span["start"], span["end"], span["label"]) for span in row["spans"]]
        found = detect(row["text"])
        for name, score in scopes.items():
            score.add(row["text"], gold, found, families[name])
    yield from scopes.items()


def main(arguments: list[str]) -> None:
    """Print both tables."""
    subjects = {"sekisho": gateway_engine(), "stock Presidio": stock()}
    print("milliseconds at p50, one thread")
    for words in (40, 200):
        own, rival = speed(subjects["sekisho"], subjects["stock Presidio"], words)
        print(f"  {words} words: {own:.2f}, stock {rival:.2f}: {rival / own:.1f} times faster")
    for path in sorted(Path(arguments[0]).glob("*.jsonl")) if arguments else ():
        rows = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        for name, detect in subjects.items():
            if not (path.name.startswith("ja") and name != "sekisho"):
                for scope, score in scores(rows, detect):
                    _print(f"{path.stem} ({scope}), {name}", score)


def _print(title: str, score: Score) -> None:
    missed, over = score.missed / max(score.entities, 1), score.over / max(score.ordinary, 1)
    print(f"{title}: missed {missed:.1%}, over {over:.1%}")
    for kind, count in {"all": score.total, **dict(sorted(score.counts.items()))}.items():
        print(
            f"  {kind:18} n={count.labelled:<5} {count.precision:.3f} / {count.recall:.3f} / {count.f2:.3f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
