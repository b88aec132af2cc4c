"""A small network for token classification, built here: each word of its vocabulary has one label."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import onnx
import orjson
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing

_SPECIAL = ("[UNK]", "[CLS]", "[SEP]")


def network(
    folder: Path,
    words: Mapping[str, str],
    *,
    most: int = 512,
    types: bool = False,
    affinity: float = 4.0,
) -> Path:
    """Write the directory of a network that labels these words, and all others ``O``."""
    folder.mkdir()
    labels = ["O", *sorted(set(words.values()))]
    vocabulary = {word: index for index, word in enumerate((*_SPECIAL, *words))}
    table = np.zeros((len(vocabulary), len(labels)), np.float32)
    for word, index in vocabulary.items():
        table[index, labels.index(words.get(word, "O"))] = affinity
    _write(folder / "model.onnx", table, types=types)
    config = {"id2label": dict(enumerate(labels)), "max_position_embeddings": most}
    (folder / "config.json").write_bytes(orjson.dumps(config, option=orjson.OPT_NON_STR_KEYS))
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    tokenizer.post_processor = TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def _write(path: Path, table: np.ndarray, *, types: bool) -> None:
    names = ["input_ids", "attention_mask", *(["token_type_ids"] if types else [])]
    graph = helper.make_graph(
        [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
        "network",
        [helper.make_tensor_value_info(n, TensorProto.INT64, ["batch", "tokens"]) for n in names],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", "labels"])],
        [numpy_helper.from_array(table, "table")],
    )
    opset = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[opset], ir_version=9), path)
