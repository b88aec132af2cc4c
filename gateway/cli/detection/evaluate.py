"""``sekisho evaluate``: the accuracy of detection on your own labelled text."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer

from gateway.cli.common import USAGE, AsJson, print_json, reason
from gateway.cli.detection.scan import predicted, read_rows
from gateway.cli.detection.texts import App, Settings, Tenant, TextScanner, text_scanner
from gateway.detect.evaluation import Count, Score, family
from gateway.errors import DetectorUnavailable

Gold = Annotated[
    Path, typer.Argument(help='JSON lines: "text", and "spans" with "start", "end" and "label".')
]


def evaluate(
    gold: Gold,
    config: Settings = None,
    tenant: Tenant = "",
    app: App = "",
    as_json: AsJson = False,
) -> None:
    """Print precision, recall and F2 for each entity, the share of values missed, and the share of ordinary text masked."""
    scanner = text_scanner(config, tenant, app, as_json=as_json)
    try:
        score = asyncio.run(_score(read_rows(gold), scanner))
    except (OSError, DetectorUnavailable, orjson.JSONDecodeError, KeyError) as error:
        typer.echo(f"evaluate: {reason(error)}", err=True)
        raise typer.Exit(USAGE) from None
    report = _report(score)
    if as_json:
        print_json(report)
    else:
        _print(report)


async def _score(rows: list[dict[str, Any]], scanner: TextScanner) -> Score:
    scope = frozenset(family(span["label"]) for row in rows for span in row["spans"])
    score = Score()
    async for row, findings in predicted(rows, scanner):
        labels = [(span["start"], span["end"], span["label"]) for span in row["spans"]]
        score.add(row["text"], labels, [(f.start, f.end, f.entity) for f in findings], scope)
    return score


def _report(score: Score) -> dict[str, Any]:
    counts = {"all": score.total, **dict(sorted(score.counts.items()))}
    return {
        "missed": round(score.missed / max(score.entities, 1), 4),
        "over": round(score.over / max(score.ordinary, 1), 4),
        "entities": {name: _figures(count) for name, count in counts.items()},
    }


def _figures(count: Count) -> dict[str, float]:
    return {
        "labelled": count.labelled,
        "precision": round(count.precision, 3),
        "recall": round(count.recall, 3),
        "f2": round(count.f2, 3),
    }


def _print(report: dict[str, Any]) -> None:
    typer.echo(f"missed {report['missed']:.1%}, over-masked {report['over']:.1%}")
    for name, figures in report["entities"].items():
        typer.echo(
            f"  {name:20} {figures['labelled']:6}  precision {figures['precision']:.3f}"
            f"  recall {figures['recall']:.3f}  F2 {figures['f2']:.3f}"
        )
