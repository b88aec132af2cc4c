"""Token vectors by hash embeddings and a convolution, in NumPy.

The architecture of spaCy's ``MultiHashEmbed.v2`` with ``MaxoutWindowEncoder.v2`` (spaCy 3.8, thinc 8.3; Miranda
et al., "Multi hash embeddings in spaCy", 2022), without a Python object for every token and layer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from spacy.tokens import Doc
from thinc.api import NumpyOps

Floats = NDArray[np.float32]
Entity = tuple[int, int, str]
"""First token, the token after the last, and the label."""

ATTRIBUTES: Final = ("NORM", "PREFIX", "SUFFIX", "SHAPE")
_PAD: Final = 4
"""Rows of zeros around each text: four layers, each with a window of one token, reach four tokens beyond its ends."""
_OPS: Final = NumpyOps()


class Tokens:
    """The tokens of some texts as numbers.

    Args:
        docs: tokenised texts, none of them empty.
    """

    def __init__(self, docs: Sequence[Doc]) -> None:
        columns = [doc.to_array([*ATTRIBUTES, "IS_SPACE"]) for doc in docs]
        rows = np.concatenate(columns)
        self.lengths: Final = [len(doc) for doc in docs]
        self.spaces: Final = rows[:, -1] != 0
        # One number for each combination of attributes, since np.unique over rows is many times slower.
        key = (rows[:, :-1] * np.array([1, 3, 5, 7], np.uint64)).sum(axis=1, dtype=np.uint64)
        _, first, self.index = np.unique(key, return_index=True, return_inverse=True)
        self.kinds: Final = np.ascontiguousarray(rows[first, :-1].T)
        """Each distinct word once, as columns of attributes; ``index`` maps each token to its word."""
        self.places: Final = np.concatenate(
            [
                np.arange(n) + start
                for n, start in zip(self.lengths, _starts(self.lengths), strict=True)
            ]
        )
        self.padded: Final = int(self.places[-1]) + 1 + _PAD


@dataclass(frozen=True, slots=True)
class HashEmbedding:
    """A table of vectors: four hashes of an attribute pick four rows, which are added."""

    seed: int
    table: Floats

    def __call__(self, attributes: NDArray[np.uint64]) -> Floats:
        # thinc's own hash: any other would pick other rows of the trained table.
        rows = _OPS.hash(attributes, self.seed) % np.uint32(len(self.table))
        summed: Floats = self.table[rows].sum(axis=1)
        return summed


class Maxout:
    """The largest of three affine maps, scaled to mean 0 and variance 1 (layer normalisation).

    Args:
        weight: shape (outputs, 3, inputs), as thinc stores it.
        bias: shape (outputs, 3).
        gain: shape (outputs,); the scale after normalisation.
        shift: shape (outputs,).
    """

    def __init__(self, weight: Floats, bias: Floats, gain: Floats, shift: Floats) -> None:
        # Ordered by piece, so that each of the three maps is a block of columns.
        self._weight = np.ascontiguousarray(
            weight.transpose(1, 0, 2).reshape(-1, weight.shape[2]).T
        )
        self._bias = np.ascontiguousarray(bias.T.reshape(-1))
        self._gain, self._shift = gain, shift

    def __call__(self, rows: Floats) -> Floats:
        width = len(self._gain)
        pieces = rows @ self._weight
        pieces += self._bias
        best: Floats = np.maximum(pieces[:, :width], pieces[:, width : 2 * width])
        np.maximum(best, pieces[:, 2 * width :], out=best)
        best -= best.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", best, best) / np.float32(width) + np.float32(1e-8)
        best *= (np.float32(1.0) / np.sqrt(variance))[:, None]
        best *= self._gain
        best += self._shift
        return best


@dataclass(frozen=True, slots=True)
class Encoder:
    """One vector for each token, computed from it and four neighbours on each side."""

    embeddings: Sequence[HashEmbedding]
    """One for each of ``ATTRIBUTES``."""
    mixer: Maxout
    layers: Sequence[Maxout]

    def __call__(self, tokens: Tokens) -> Floats:
        hashed = [
            embedding(column)
            for embedding, column in zip(self.embeddings, tokens.kinds, strict=True)
        ]
        # Computed once for each distinct word, and then spread over the tokens.
        vectors = self.mixer(np.concatenate(hashed, axis=1))[tokens.index]
        width = vectors.shape[1]
        padded = np.zeros((tokens.padded, width), np.float32)
        padded[tokens.places] = vectors
        # Reused by all layers: the two corners that none of them writes stay zero.
        window = np.zeros((tokens.padded, 3 * width), np.float32)
        for layer in self.layers:
            window[1:, :width] = padded[:-1]
            window[:, width : 2 * width] = padded
            window[:-1, 2 * width :] = padded[1:]
            # The padding changes as well, as in thinc's `with_array(pad=4)`: with
            # zeros, other vectors would result.
            padded += layer(window)
        encoded: Floats = padded[tokens.places]
        return encoded


def _starts(lengths: Sequence[int]) -> list[int]:
    starts, position = [], _PAD
    for length in lengths:
        starts.append(position)
        position += length + _PAD
    return starts
