"""Networks that users bring: the files decide the kind; findings count from the threshold on."""

from pathlib import Path

import orjson
import pytest

from gateway.detect.base import Passage
from gateway.detect.engine.custom import load
from gateway.detect.engine.presidio import build
from gateway.detect.networks.custom import recognisers
from tests.detect.gliner_networks import gliner
from tests.detect.onnx_networks import network
from tests.parts.commands import run, write_config

TEXT = "then Xoan went; mail a@b.example"


@pytest.fixture(params=["classifier", "gliner"])
def spec(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    folder = tmp_path / "a=net"
    if request.param == "gliner":
        gliner(folder, {"Xoan": "person", "quil": "person"})
        return f"onnx=0.4=person:PERSON,place:LOCATION={folder}"
    network(folder, {"Xoan": "B-PER", "quil": "B-PER"})
    return f"onnx=0.4=PER:PERSON,LOC:LOCATION={folder}"


def folder_of(spec: str) -> Path:
    return Path(spec.split("=", 3)[3])


def test_the_engine_runs_it_with_the_shipped_networks_and_its_files_are_in_the_revision(
    spec: str,
) -> None:
    engine = build(("en", "ja"), [spec])
    (spans,) = engine.detect([Passage(text=TEXT, languages=("en", "ja"))])
    found = {(s.entity, TEXT[s.start : s.end], s.detector) for s in spans}
    assert ("PERSON", "Xoan", "a=net") in found
    assert ("EMAIL_ADDRESS", "a@b.example") in {one[:2] for one in found}
    tokenizer = folder_of(spec) / "tokenizer.json"
    tokenizer.write_bytes(tokenizer.read_bytes() + b" ")
    assert build(("en", "ja"), [spec]).revision != engine.revision


def test_findings_are_mapped_to_the_text_as_it_was_written(spec: str) -> None:
    text = "then \uff38\uff4f\uff41\uff4e went"
    (spans,) = build(("en",), [spec]).detect([Passage(text=text, languages=("en",))])
    assert ("PERSON", text[5:9]) in [(s.entity, text[s.start : s.end]) for s in spans]


def test_one_network_serves_both_languages(spec: str) -> None:
    loaded = load(["en", "ja"], [spec])
    assert [one.supported_language for one in loaded] == ["en", "ja"]
    assert loaded[0]._network is loaded[1]._network  # type: ignore[attr-defined]


def test_findings_below_the_threshold_are_none(spec: str) -> None:
    folder, labels = folder_of(spec), {"person": "PERSON", "PER": "PERSON"}
    low, high = (recognisers(folder, labels, least, ["en"])[0] for least in (0.6, 0.99))
    assert len(low.analyze(TEXT, [], None)) == 1  # type: ignore[arg-type]
    assert high.analyze(TEXT, [], None) == []  # type: ignore[arg-type]


def test_sekisho_scan_uses_the_network_of_the_settings(spec: str, tmp_path: Path) -> None:
    _, _, named, folder = spec.split("=", 3)
    labels = dict(pair.split(":") for pair in named.split(","))
    recogniser = {"onnx": folder, "labels": labels, "threshold": 0.7}
    config = write_config(tmp_path, detect={"recognisers": [recogniser]})
    text = tmp_path / "note.txt"
    text.write_text("How do I reset it?\nthe quil is here\n")
    assert run("scan", str(text)).exit_code == 0
    result = run("scan", str(text), "--json", "--config", str(config))
    assert result.exit_code == 1, result.output
    (one,) = orjson.loads(result.stdout)
    assert (one["line"], one["column"], one["entity"]) == (2, 5, "PERSON")
