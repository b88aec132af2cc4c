"""The entity recogniser of a spaCy pipeline, computed in NumPy: the same entities in a third of the time.

The arithmetic of spaCy's ``TransitionBasedParser.v2`` (3.8). Outside an entity its parser's state is only the
next token, so all of those steps are one matrix product; only entities are decoded token by token.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

import numpy as np
from spacy.language import Language

from gateway.detect.networks.encoder import (
    ATTRIBUTES,
    Encoder,
    Entity,
    Floats,
    HashEmbedding,
    Maxout,
    Tokens,
)

_OUTSIDE: Final = "O"
_IMPOSSIBLE: Final = -np.inf


class SpacyNetwork:
    """Finds the entities that a spaCy pipeline's ``ner`` would find.

    Args:
        pipeline: a pipeline with a component ``ner`` of the stock architecture.

    Raises:
        ValueError: the component reads other attributes of words.
    """

    def __init__(self, pipeline: Language) -> None:
        ner: Any = pipeline.get_pipe("ner")
        tok2vec, lower, upper = (ner.model.get_ref(n) for n in ("tok2vec", "lower", "upper"))
        nodes = list(tok2vec.walk())
        columns = next(node for node in nodes if node.name == "extract_features").attrs["columns"]
        if tuple(columns) != ATTRIBUTES:
            raise ValueError(f"the entity recogniser reads {columns}, not {ATTRIBUTES}")
        mixer, *layers = _maxouts(nodes)
        self._encoder = Encoder(_embeddings(nodes), mixer, layers)
        self._weight, self._bias = _affine(next(node for node in nodes if node.name == "linear"))
        self._decoder = _Decoder(lower, upper, ner.moves)

    def entities(self, tokens: Tokens) -> list[list[Entity]]:
        """The entities of each text, in order, disjoint."""
        return list(self._decoder.decode(self._encoder(tokens) @ self._weight + self._bias, tokens))


class _Decoder:
    """Greedy decoding of begin, in, last, unit and out, as spaCy's transition system does it."""

    def __init__(self, lower: Any, upper: Any, transitions: Any) -> None:
        weight = lower.get_param("W")  # feature, hidden, piece, input
        features, self._hidden, self._pieces, width = weight.shape
        self._lower = np.ascontiguousarray(weight.reshape(-1, width).T)
        self._shape = (features, self._hidden * self._pieces)
        self._bias = lower.get_param("b").reshape(-1)
        # What the parser reads where its state has no token.
        self._beyond = lower.get_param("pad").reshape(self._shape)
        self._upper, self._upper_bias = _affine(upper)
        moves = [transitions.get_class_name(index) for index in range(transitions.n_moves)]
        self._kinds = [move[0] for move in moves]
        self._labels = [move[2:] for move in moves]
        # "U-" is for entities that were set before parsing, and there are none.
        self._closed = _mask(move[0] in "BUO" and move != "U-" for move in moves)
        self._closed_last = _mask(move[0] in "UO" for move in moves)
        self._space = _mask(move == _OUTSIDE for move in moves)
        self._inside = {
            move[2:]: (moves.index(f"I-{move[2:]}"), index)
            for index, move in enumerate(moves)
            if move[0] == "L"
        }

    def decode(self, states: Floats, tokens: Tokens) -> Iterator[list[Entity]]:
        """The entities of each text, from the vectors of all tokens."""
        parts = (states @ self._lower).reshape(len(states), *self._shape)
        scores = self._scores(parts[:, 0] + (self._beyond[1] + self._beyond[2] + self._bias))
        scores += np.where(tokens.spaces[:, None], self._space, self._closed)
        ends = np.cumsum(tokens.lengths)
        scores[ends - 1] += self._closed_last  # an entity can't begin at the last token and go on
        first = scores.argmax(axis=1).tolist()
        for end, length in zip(ends.tolist(), tokens.lengths, strict=True):
            yield self._walk(parts[end - length : end], first[end - length : end])

    def _walk(self, parts: Floats, first: list[int]) -> list[Entity]:
        found: list[Entity] = []
        position = 0
        while position < len(first):
            kind, label = self._kinds[first[position]], self._labels[first[position]]
            end = self._end(parts, position, label) if kind == "B" else position + 1
            if kind != _OUTSIDE:
                found.append((position, end, label))
            position = end
        return found

    def _end(self, parts: Floats, start: int, label: str) -> int:
        """Where an entity ends that begins at ``start`` and has at least two tokens."""
        into, last = self._inside[label]
        # Without the last token, which ends the entity in any case.
        for position in range(start + 1, len(parts) - 1):
            state = parts[position, 0] + parts[start, 1] + parts[position - 1, 2] + self._bias
            scores = self._scores(state[None])[0]
            if scores[last] > scores[into]:
                return position + 1
        return len(parts)

    def _scores(self, states: Floats) -> Floats:
        pieces = states.reshape(len(states), self._hidden, self._pieces)
        scores: Floats = pieces.max(axis=2) @ self._upper + self._upper_bias
        return scores


def _mask(allowed: Iterable[bool]) -> Floats:
    return np.array([0 if one else _IMPOSSIBLE for one in allowed], np.float32)


def _embeddings(nodes: Sequence[Any]) -> list[HashEmbedding]:
    return [
        HashEmbedding(node.attrs["seed"], node.get_param("E"))
        for node in nodes
        if node.name == "hashembed"
    ]


def _maxouts(nodes: Sequence[Any]) -> list[Maxout]:
    """Every maxout with the layer norm that follows it, in order."""
    maxouts = [node for node in nodes if node.name == "maxout"]
    norms = [node for node in nodes if node.name == "layernorm"]
    return [
        Maxout(
            maxout.get_param("W"), maxout.get_param("b"), norm.get_param("G"), norm.get_param("b")
        )
        for maxout, norm in zip(maxouts, norms, strict=True)
    ]


def _affine(node: Any) -> tuple[Floats, Floats]:
    return np.ascontiguousarray(node.get_param("W").T), node.get_param("b")
