"""A network for token classification, as ONNX.

The directory is as Hugging Face's Optimum exports it (https://huggingface.co/docs/optimum/exporters/onnx/overview):
``config.json`` with ``id2label``, ``tokenizer.json``, and ``model.onnx``.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from presidio_analyzer import RecognizerResult
from tokenizers import Encoding

from gateway.detect.networks.onnx_files import MAX_TOKENS, NetworkFiles

_STRIDE: Final = 64
"""Tokens by which windows overlap, so that a name on the edge of one is whole in the next."""


class _Token(NamedTuple):
    start: int
    end: int
    entity: str
    begins: bool
    score: float


class TokenClassifier:
    """Finds the entities that the network labels.

    Args:
        folder: the directory.
        labels: the entity of each label (without ``B-`` and the like); labels that are not listed are ignored.

    Raises:
        ValueError: the directory can't be used, or the network has none of the labels.
    """

    def __init__(self, folder: Path, labels: Mapping[str, str]) -> None:
        files = NetworkFiles(folder, "config.json")
        config = files.description()
        known: dict[str, str] = config["id2label"]
        self._labels = [_entity(known[str(i)], labels) for i in range(len(known))]
        # Without a label that counts, the network would find nothing, silently.
        if not any(entity for entity, _ in self._labels):
            raise ValueError(
                f"{folder}: none of its labels ({', '.join(known.values())}) is mapped to an entity"
            )
        self._tokenizer = files.tokenizer()
        most = min(MAX_TOKENS, config.get("max_position_embeddings", MAX_TOKENS))
        self._tokenizer.enable_truncation(most, stride=min(_STRIDE, most // 4))
        self._session = files.session()
        self._inputs = frozenset(one.name for one in self._session.get_inputs())

    def find(self, text: str) -> list[RecognizerResult]:
        """The entities in a text; where windows overlap, one may be reported twice."""
        whole = self._tokenizer.encode(text)
        return [
            result
            # With truncation, `tokenizers` returns the windows after the first as `overflowing`.
            for encoding in (whole, *whole.overflowing)
            for result in _joined(self._tokens(encoding), text)
        ]

    def _tokens(self, encoding: Encoding) -> Iterator[_Token]:
        scores = _softmax(self._logits(encoding))
        best = scores.argmax(axis=1)
        for index, (start, end) in enumerate(encoding.offsets):
            entity, begins = self._labels[best[index]]
            if not encoding.special_tokens_mask[index] and end > start:
                yield _Token(start, end, entity, begins, float(scores[index, best[index]]))

    def _logits(self, encoding: Encoding) -> NDArray[np.float32]:
        given = {
            "input_ids": encoding.ids,
            "attention_mask": encoding.attention_mask,
            "token_type_ids": encoding.type_ids,
        }
        # Not every architecture has token_type_ids.
        fed = {n: np.array([v], np.int64) for n, v in given.items() if n in self._inputs}
        logits: NDArray[np.float32] = self._session.run(None, fed)[0][0]
        if not np.isfinite(logits).all():  # comparing NaN would find nothing, silently
            raise ValueError("logits are not finite numbers")
        return logits


def _entity(label: str, labels: Mapping[str, str]) -> tuple[str, bool]:
    """The entity of a label (empty for none), and whether the label begins one (BIO, BIOES, BILOU)."""
    scheme, dash, kind = label.partition("-")
    if dash and scheme in ("B", "I", "E", "S", "L", "U"):
        return labels.get(kind, ""), scheme in ("B", "S", "U")
    return labels.get(label, ""), False


def _softmax(logits: NDArray[np.float32]) -> NDArray[Any]:
    # Less the maximum, so that no exponential overflows.
    shifted: NDArray[Any] = np.exp(logits - logits.max(axis=1, keepdims=True))
    shifted /= shifted.sum(axis=1, keepdims=True)
    return shifted


def _joined(tokens: Iterator[_Token], text: str) -> Iterator[RecognizerResult]:
    """Consecutive tokens of one entity as one finding.

    Networks often label every piece of a word as the beginning of an entity, so "begin" counts only after a gap.
    """
    numbered: list[tuple[int, _Token]] = []
    part, last = 0, None
    for token in tokens:
        apart = last is None or token.entity != last.entity
        separate = token.begins and last is not None and token.start > last.end
        part += apart or separate
        numbered.append((part, token))
        last = token
    for _, group in groupby(numbered, key=lambda pair: pair[0]):
        many = [token for _, token in group]
        if many[0].entity and text[many[0].start : many[-1].end].strip():
            score = sum(token.score for token in many) / len(many)
            yield RecognizerResult(many[0].entity, many[0].start, many[-1].end, score)
