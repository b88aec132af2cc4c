"""Train the network of names and addresses on generated and public text, and write its weights.

    python -m tools.names.train TEXTS.jsonl weights.npz --steps 2400

TEXTS.jsonl is what ``tools.names.corpus`` writes. The same texts, steps, packages and machine give the same bytes;
another machine's arithmetic rounds otherwise, and so does another build of NumPy.
"""

import argparse
import hashlib
import json
import multiprocessing
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
from thinc.api import (
    Adam,
    HashEmbed,
    Linear,
    Maxout,
    chain,
    clone,
    concatenate,
    expand_window,
    fix_random_seed,
    residual,
    use_ops,
)

from tools.names.english import english
from tools.names.generate import Generator, Labelled

ATTRIBUTES: Final = ("NORM", "PREFIX", "SUFFIX", "SHAPE")
ROWS: Final = (5000, 1000, 2500, 2500)
WIDTH: Final = 96
DEPTH: Final = 4
PIECES: Final = 3
PAD: Final = 4
LABELS: Final = ("O", "B-PERSON", "I-PERSON", "B-LOCATION", "I-LOCATION", "B-ORG", "I-ORG")
_TOKENS: Final = 2600
_REAL: Final = 0.45
_FORGOTTEN: Final = 0.1
_DROPOUT: Final = 0.2
_SEED: Final = 1


class Network:
    """Embedding, encoder and output as thinc models."""

    def __init__(self) -> None:
        tables: list[Any] = [
            HashEmbed(WIDTH, rows, column=column, seed=8 + column, dropout=0.0)
            for column, rows in enumerate(ROWS)
        ]
        self.tables = tables
        self.mixer = Maxout(WIDTH, WIDTH * len(ROWS), nP=PIECES, normalize=True, dropout=0.0)
        self.embed: Any = chain(concatenate(*tables), self.mixer)
        layer = residual(
            chain(
                expand_window(1),
                Maxout(WIDTH, WIDTH * 3, nP=PIECES, normalize=True, dropout=_DROPOUT),
            )
        )
        self.encoder: Any = clone(layer, DEPTH)
        self.output: Any = Linear(len(LABELS), WIDTH)
        rows = np.zeros((4, len(ROWS)), np.uint64)
        self.embed.initialize(rows)
        self.encoder.initialize(np.zeros((4, WIDTH), np.float32))
        hidden: Any = np.zeros((4, WIDTH), np.float32)
        self.output.initialize(hidden)
        self.models = (self.embed, self.encoder, self.output)

    def start_from(self, ner: Any) -> None:
        """Take the weights of spaCy's entity recogniser, which knows news and the web, to begin with."""
        theirs = list(ner.model.get_ref("tok2vec").walk())
        ours = [*self.embed.walk(), *self.encoder.walk()]
        for name in ("hashembed", "maxout", "layernorm"):
            pairs = zip(
                [node for node in ours if node.name == name],
                [node for node in theirs if node.name == name],
                strict=True,
            )
            for mine, given in pairs:
                for parameter in given.param_names:
                    mine.set_param(parameter, given.get_param(parameter).copy())

    def update(self, rows: Any, places: Any, labels: Any, size: int) -> float:
        """Gradients of one batch; gives its loss for each token."""
        vectors, into_embed = self.embed(rows, True)
        padded = np.zeros((size, WIDTH), np.float32)
        padded[places] = vectors
        encoded, into_encoder = self.encoder(padded, True)
        scores, into_output = self.output(np.ascontiguousarray(encoded[places]), True)
        chances = _softmax(scores)
        loss = -np.log(chances[np.arange(len(labels)), labels] + 1e-9).mean()
        chances[np.arange(len(labels)), labels] -= 1
        back = np.zeros_like(encoded)
        back[places] = into_output(chances / len(labels) * 8)
        into_embed(np.ascontiguousarray(into_encoder(back)[places]))
        return float(loss)

    def save(self, path: Path) -> None:
        """Tables as int8 with a scale for each row; the rest as float16."""
        kept: dict[str, Any] = {
            "labels": np.array(LABELS),
            "attributes": np.array(ATTRIBUTES),
        }
        for index, table in enumerate(self.tables):
            values: Any = table.layers[1].get_param("E")
            scale = np.maximum(np.abs(values).max(axis=1), 1e-8) / 127
            kept[f"table{index}"] = np.round(values / scale[:, None]).astype(np.int8)
            kept[f"scale{index}"] = scale.astype(np.float16)
            kept[f"seed{index}"] = np.array(table.layers[1].attrs["seed"])
        nodes = [*self.embed.walk(), *self.encoder.walk()]
        maxouts = [node for node in nodes if node.name == "maxout"]
        norms = [node for node in nodes if node.name == "layernorm"]
        for index, (maxout, norm) in enumerate(zip(maxouts, norms, strict=True)):
            kept[f"weight{index}"] = _half(maxout, "W")
            kept[f"bias{index}"] = _half(maxout, "b")
            kept[f"gain{index}"] = _half(norm, "G")
            kept[f"shift{index}"] = _half(norm, "b")
        kept["output"] = _half(self.output, "W")
        kept["output_bias"] = _half(self.output, "b")
        np.savez_compressed(path, **kept)


Batch = tuple[Any, Any, Any, int]
"""Attributes of tokens, their places among the rows, their labels, and how many rows."""


class Batches:
    """Batches of tokens' attributes and labels."""

    def __init__(self, texts: list[Labelled], seed: int) -> None:
        self._rng = random.Random(seed)  # noqa: S311  # training, not secrets
        self._chance = np.random.default_rng(seed)
        self._generator = Generator(seed)
        self._texts = texts
        self._nlp = english()

    def __iter__(self) -> Iterator[Batch]:
        while True:
            rows, labels, places, position, tokens = [], [], [], PAD, 0
            with self._nlp.memory_zone():
                while tokens < _TOKENS:
                    doc, tags = self._tagged(self._next())
                    if not len(doc):
                        continue
                    rows.append(doc.to_array(list(ATTRIBUTES)))
                    labels.append(tags)
                    places.append(np.arange(len(doc)) + position)
                    position += len(doc) + PAD
                    tokens += len(doc)
            all_rows, all_labels = np.concatenate(rows), np.concatenate(labels)
            all_rows[self._chance.random(len(all_rows)) < _FORGOTTEN, 0] = 0
            yield all_rows, np.concatenate(places), all_labels, position

    def _next(self) -> Labelled:
        if self._texts and self._rng.random() < _REAL:
            return self._replaced(self._rng.choice(self._texts))
        return self._generator.text()

    def _replaced(self, labelled: Labelled) -> Labelled:
        """Real text, half of the time with other names in the same places."""
        text, spans = labelled
        if not spans or self._rng.random() < 0.5:
            return labelled
        out, found, last = "", [], 0
        for start, end, label in spans:
            out += text[last:start]
            value = text[start:end]
            if self._rng.random() < 0.7 and not value.islower():
                value = self._generator.replacement(label, len(value.split()))
            found.append((len(out), len(out) + len(value), label))
            out += value
            last = end
        return out + text[last:], found

    def _tagged(self, labelled: Labelled) -> tuple[Any, Any]:
        text, spans = labelled
        doc = self._nlp.make_doc(text)
        tags = np.zeros(len(doc), np.int64)
        for start, end, label in spans:
            inside = [t.i for t in doc if t.idx < end and t.idx + len(t) > start and not t.is_space]
            for place, token in enumerate(inside):
                tags[token] = LABELS.index(f"{'I' if place else 'B'}-{label}")
        return doc, tags


def _half(node: Any, name: str) -> Any:
    return node.get_param(name).astype(np.float16)


def _softmax(scores: Any) -> Any:
    exponents = np.exp(scores - scores.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def batches(texts: list[Labelled], steps: int) -> Iterator[Batch]:
    """So many batches; another process makes the next one meanwhile."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    maker = context.Process(target=_make, args=(texts, steps, sender), daemon=True)
    maker.start()
    sender.close()  # so that its end is noticed
    for _ in range(steps):
        yield receiver.recv()
    maker.join()


def _make(texts: list[Labelled], steps: int, sender: Any) -> None:
    for _, batch in zip(range(steps), Batches(texts, _SEED), strict=False):
        sender.send(batch)


def train(texts: list[Labelled], path: Path, steps: int) -> None:
    """Train for so many batches of about 2,600 tokens, and write the weights now and then."""
    fix_random_seed(_SEED)
    network = Network()
    network.start_from(english().get_pipe("ner"))
    optimizer = Adam(0.001, L2=1e-6, grad_clip=1.0)
    losses: list[float] = []
    for step, batch in enumerate(batches(texts, steps)):
        optimizer.learn_rate = 0.0012 * min(1, (step + 1) / 100) * (1 - step / steps) + 2e-5
        losses.append(network.update(*batch))
        for model in network.models:
            model.finish_update(optimizer)
        optimizer.step_schedules()
        if step % 100 == 99:
            print(step + 1, round(float(np.mean(losses[-100:])), 4), flush=True)
            network.save(path)
    network.save(path)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("texts", type=Path)
    parser.add_argument("weights", type=Path)
    parser.add_argument("--steps", type=int, default=2400)
    given = parser.parse_args()
    rows = map(json.loads, given.texts.read_text(encoding="utf-8").splitlines())
    texts = [(row["text"], [tuple(span) for span in row["spans"]]) for row in rows]
    with use_ops("numpy", use_blis=False):  # NumPy's products of matrices are faster
        train(texts, given.weights, given.steps)
    print(hashlib.sha256(given.weights.read_bytes()).hexdigest(), given.weights)


if __name__ == "__main__":
    main()
