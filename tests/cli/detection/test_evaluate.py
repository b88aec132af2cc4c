from pathlib import Path

import orjson
from typer.testing import CliRunner

from gateway.cli import app

TEXT = "Write to Kenji Tanaka at kenji@example.com today."


def gold(tmp_path: Path) -> Path:
    spans = [{"start": 9, "end": 21, "label": "PER"}, {"start": 25, "end": 42, "label": "EMAIL"}]
    rows = [
        {"text": TEXT, "spans": spans},
        {"text": "nothing", "spans": [{"start": 0, "end": 7, "label": "USERNAME"}]},
    ]
    path = tmp_path / "gold.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


def test_figures_for_each_entity(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(gold(tmp_path)), "--json"])
    report = orjson.loads(result.stdout)
    assert result.exit_code == 0
    assert report["entities"]["PERSON"] == {
        "labelled": 1,
        "precision": 1.0,
        "recall": 1.0,
        "f2": 1.0,
    }
    assert report["entities"]["USERNAME"]["recall"] == 0.0
    assert report["missed"] == 0.3333
    assert report["over"] == 0.0


def test_in_words(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["evaluate", str(gold(tmp_path))])
    assert "missed 33.3%, over-masked 0.0%" in result.stdout
    assert "EMAIL_ADDRESS" in result.stdout


def test_rows_without_labels_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    path.write_text('{"text": "x"}', encoding="utf-8")
    assert CliRunner().invoke(app, ["evaluate", str(path)]).exit_code == 2
