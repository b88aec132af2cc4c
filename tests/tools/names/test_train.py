"""The whole way at a small size: public text, its labels, a network that the gateway reads."""

from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.detect.networks.encoder import Tokens
from gateway.detect.networks.name_tagger import WEIGHTS, NameTagger
from tests.tools.names.environment import needs_models, python
from tools.names.english import english

pytestmark = needs_models


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "texts.jsonl"
    python("-m", "tools.names.corpus", str(path), "--most", "200")
    return path


def train(texts: Path, weights: Path, steps: int) -> str:
    return python("-m", "tools.names.train", str(texts), str(weights), "--steps", str(steps))


def test_labelled_spans_match_their_text(texts: Path) -> None:
    rows: list[Any] = [orjson.loads(line) for line in texts.read_bytes().splitlines()]
    assert len(rows) == 200
    named = {(row["text"][a:b], label) for row in rows for a, b, label in row["spans"]}
    assert {label for _, label in named} <= {"PERSON", "LOCATION", "ORG"}
    assert named
    assert [name for name, _ in named if name != name.strip() or not name] == []


def test_the_same_texts_and_steps_give_the_same_bytes(texts: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    assert train(texts, one, 2).split()[0] == train(texts, two, 2).split()[0]
    assert one.read_bytes() == two.read_bytes()


def test_the_gateway_reads_the_weights_and_finds_a_name(texts: Path, tmp_path: Path) -> None:
    weights = tmp_path / "names.npz"
    train(texts, weights, 30)
    tagger, nlp = NameTagger(weights), english()
    docs = [nlp.make_doc(text) for text in ("My name is Akiko Tanaka.", "How do I reset it?")]
    first, second = tagger.entities(Tokens(docs))
    assert "Akiko Tanaka" in {docs[0][a:b].text for a, b, kind in first if kind == "PERSON"}
    assert second == []
    assert weights.stat().st_size < 1.2 * WEIGHTS.stat().st_size
