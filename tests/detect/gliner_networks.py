"""A small GLiNER network, built here: a run of words has a label's entity as far as each of its words has it.

Its graph reads the inputs that GLiNER's export reads, all but ``attention_mask``, and answers with logits of the same
shape. The logit of a run is the sum over its words of how much each is of the label, so that the whole of a name scores
above its parts: 1.5 for a word of the vocabulary that is of the label, -20 for any other.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
import orjson
from onnx import NodeProto, TensorProto, helper, numpy_helper
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordPiece
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

_SPECIAL: Final = ("[UNK]", "[CLS]", "[SEP]", "<<ENT>>", "<<SEP>>")
ENT: Final = 3
SEP: Final = 4
_INPUTS: Final[dict[str, tuple[int, list[str | int | None]]]] = {
    "input_ids": (TensorProto.INT64, ["batch", "tokens"]),
    "attention_mask": (TensorProto.INT64, ["batch", "tokens"]),
    "words_mask": (TensorProto.INT64, ["batch", "tokens"]),
    "text_lengths": (TensorProto.INT64, ["batch", 1]),
    "span_idx": (TensorProto.INT64, ["batch", "spans", 2]),
    "span_mask": (TensorProto.BOOL, ["batch", "spans"]),
}


def gliner(
    folder: Path,
    words: Mapping[str, str],
    *,
    pieces: tuple[str, ...] = (),
    affinity: float = 1.5,
    max_width: int = 4,
    **config: Any,
) -> Path:
    """Write the directory of a network that gives these words their labels.

    Args:
        folder: where.
        words: words, or their first pieces, to the first word of their label.
        pieces: further pieces of words, each beginning with ``##``.
        affinity: how much a word is of its label.
        max_width: words of the widest run.
        config: what ``gliner_config.json`` says besides.
    """
    folder.mkdir()
    described = {"max_width": max_width, "max_len": 384, "span_mode": "markerV0"} | config
    (folder / "gliner_config.json").write_bytes(orjson.dumps(described))
    vocabulary = _vocabulary(words, pieces)
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    table = np.full((len(vocabulary), len(vocabulary)), -20, np.float32)
    for word, label in words.items():
        table[vocabulary[word], vocabulary[label]] = affinity
    _write(folder / "model.onnx", table, max_width)
    return folder


def _vocabulary(words: Mapping[str, str], pieces: tuple[str, ...]) -> dict[str, int]:
    every = dict.fromkeys((*_SPECIAL, *words.values(), *words, *pieces))
    return {word: index for index, word in enumerate(every)}


def _tokenizer(vocabulary: dict[str, int]) -> Tokenizer:
    tokenizer = Tokenizer(WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.add_tokens([AddedToken(marker, normalized=False) for marker in _SPECIAL[3:]])
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


def _write(path: Path, table: np.ndarray, width: int) -> None:
    constants = {
        "table": table, "ent": np.array(ENT), "one": np.array(1), "row": np.array([-1]),
        "first": np.array(0), "last": np.array(1), "shape": np.array([1, -1, width]),
    }  # fmt: skip
    graph = helper.make_graph(
        [*_words(), *_labels(), *_logits()],
        "gliner",
        [helper.make_tensor_value_info(name, *kind) for name, kind in _INPUTS.items()],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "words", width, "labels"])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )  # fmt: skip
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), path)


def _words() -> list[NodeProto]:
    """``words``: the id of each word's first token, at its number in ``words_mask``."""
    node = helper.make_node
    return [
        node("Reshape", ["input_ids", "row"], ["ids"]),
        node("Reshape", ["words_mask", "row"], ["numbers"]),
        node("Greater", ["numbers", "first"], ["counted"]),
        node("Compress", ["ids", "counted"], ["firsts"]),
        node("Compress", ["numbers", "counted"], ["from_one"]),
        node("Sub", ["from_one", "one"], ["places"]),
        node("Reshape", ["text_lengths", "row"], ["length"]),
        node("ConstantOfShape", ["length"], ["blank"],
             value=helper.make_tensor("value", TensorProto.INT64, [1], [0])),
        node("ScatterElements", ["blank", "places", "firsts"], ["words"]),
    ]  # fmt: skip


def _labels() -> list[NodeProto]:
    """``labels``: the ids after the markers of entities."""
    node = helper.make_node
    return [
        node("Equal", ["ids", "ent"], ["marked"]),
        node("NonZero", ["marked"], ["markers"]),
        node("Reshape", ["markers", "row"], ["marker"]),
        node("Add", ["marker", "one"], ["after"]),
        node("Gather", ["ids", "after"], ["labels"]),
    ]


def _logits() -> list[NodeProto]:
    """Sums over the runs that ``span_idx`` names and ``span_mask`` allows."""
    node = helper.make_node
    return [
        node("Gather", ["table", "words"], ["rows"]),
        node("Gather", ["rows", "labels"], ["scores"], axis=1),
        node("CumSum", ["scores", "first"], ["through"]),
        node("CumSum", ["scores", "first"], ["before"], exclusive=1),
        node("Cast", ["span_mask"], ["allowed"], to=TensorProto.INT64),
        node("Gather", ["span_idx", "first"], ["begins"], axis=2),
        node("Gather", ["span_idx", "last"], ["ends"], axis=2),
        node("Mul", ["begins", "allowed"], ["begin"]),
        node("Mul", ["ends", "allowed"], ["end"]),
        node("Gather", ["through", "end"], ["upper"]),
        node("Gather", ["before", "begin"], ["lower"]),
        node("Sub", ["upper", "lower"], ["sums"]),
        node("Shape", ["labels"], ["count"]),
        node("Concat", ["shape", "count"], ["wanted"], axis=0),
        node("Reshape", ["sums", "wanted"], ["logits"]),
    ]
