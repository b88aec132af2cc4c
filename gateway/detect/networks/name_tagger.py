"""The project's own network for names and addresses in English text. Its model card is ``weights/README.md``.

It reads the same tokens as spaCy's network, through the same encoder, and labels each. How it was trained, on what, and
its figures are in the card.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.detect.networks.encoder import Encoder, Entity, Floats, HashEmbedding, Maxout, Tokens

WEIGHTS: Final = Path(__file__).parent / "weights" / "names.npz"
_ATTRIBUTES: Final = 4
_LAYERS: Final = 5


class NameTagger:
    """Finds ``PERSON``, ``LOCATION`` and ``ORG``.

    Args:
        path: the weights, as ``tools.names.train`` writes them.
        recall_bias: subtracted from the logit of "no entity"; a higher value raises recall and lowers precision.
    """

    def __init__(self, path: Path = WEIGHTS, *, recall_bias: float = 0.0) -> None:
        # Pickled objects are refused by default: loading runs no code from the file.
        with np.load(path) as weights:
            self._encoder = _encoder(weights)
            self._labels = [str(label) for label in weights["labels"]]
            self._output = np.ascontiguousarray(_floats(weights["output"]).T)
            self._bias = _floats(weights["output_bias"])
        self._bias[0] -= recall_bias

    def entities(self, tokens: Tokens) -> list[list[Entity]]:
        """The entities of each text, in order, disjoint."""
        scores = self._encoder(tokens) @ self._output + self._bias
        scores[
            tokens.spaces, 1:
        ] = -np.inf  # white space is never an entity, whatever its neighbours
        tags = [self._labels[index] for index in scores.argmax(axis=1).tolist()]
        found, start = [], 0
        for length in tokens.lengths:
            found.append(
                list(
                    _joined(
                        tags[start : start + length], tokens.spaces[start : start + length].tolist()
                    )
                )
            )
            start += length
        return found


def _joined(tags: Sequence[str], spaces: Sequence[bool]) -> Iterator[Entity]:
    """Runs of one label. White space does not end a run; a "begin" label does."""
    start, end, label = 0, 0, ""
    for position, (tag, space) in enumerate(zip(tags, spaces, strict=True)):
        if space:
            continue
        kind = tag[2:]
        if label and (kind != label or tag[0] == "B"):
            yield start, end, label
            label = ""
        if kind and not label:
            start, label = position, kind
        end = position + 1
    if label:
        yield start, end, label


def _encoder(weights: Any) -> Encoder:
    embeddings = [
        HashEmbedding(
            int(weights[f"seed{index}"]),
            # The tables are stored as 8-bit integers with a scale for each row.
            weights[f"table{index}"] * _floats(weights[f"scale{index}"])[:, None],
        )
        for index in range(_ATTRIBUTES)
    ]
    mixer, *layers = [
        Maxout(
            *(_floats(weights[f"{part}{index}"]) for part in ("weight", "bias", "gain", "shift"))
        )
        for index in range(_LAYERS)
    ]
    return Encoder(embeddings, mixer, layers)


def _floats(values: NDArray[Any]) -> Floats:
    return values.astype(np.float32)
