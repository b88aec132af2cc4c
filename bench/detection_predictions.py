"""Run the detectors over labelled text and print predictions, one JSON object a line.

    python -m bench.detection_predictions GOLD.jsonl … > predictions.jsonl

Rows of the input have ``id`` and ``text``; the output has ``id`` and ``spans`` with ``start``, ``end``,
``label`` and ``score``, for any scorer that compares offsets.
"""

import sys
from pathlib import Path

import orjson

from gateway.detect.base import Passage, Span
from gateway.detect.engine.presidio import build

_LANGUAGES = ("en", "ja")
_BATCH = 64


def _label(span: Span) -> str:
    """Labelled sets have one name for all credentials."""
    return "SECRET" if span.entity.startswith("SECRET_") else span.entity


def main(paths: list[str]) -> None:
    """Print the predictions for every row of the files."""
    engine = build(_LANGUAGES)
    rows = [
        orjson.loads(line)
        for path in paths
        for line in Path(path).read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
    for first in range(0, len(rows), _BATCH):
        batch = rows[first : first + _BATCH]
        found = engine.detect([Passage(text=r["text"], languages=_LANGUAGES) for r in batch])
        for row, spans in zip(batch, found, strict=True):
            labelled = [
                {"start": s.start, "end": s.end, "label": _label(s), "score": s.score}
                for s in spans
            ]
            sys.stdout.buffer.write(orjson.dumps({"id": row["id"], "spans": labelled}) + b"\n")


if __name__ == "__main__":
    main(sys.argv[1:])
