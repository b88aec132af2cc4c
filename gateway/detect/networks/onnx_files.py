"""The files of a network that users bring, in a directory: read from disk alone, bounded, and refused with a reason.

``onnxruntime`` and ``tokenizers`` come with the extra ``onnx``.
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import onnxruntime
import orjson
from tokenizers import Tokenizer

MAX_TOKENS: Final = 512
"""Tokens that a network is given at once: more cost more than they add, and most networks know no further places."""
NETWORK: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
_FATAL: Final = 4
_MAX_BYTES: Final = {TOKENIZER: 64 << 20}
"""Tokenizers of the largest vocabularies take some 30 MB; other documents a few KB."""


class NetworkFiles:
    """A directory with a network, its tokenizer, and a document that describes it.

    Args:
        folder: the directory.
        described: the name of the document.

    Raises:
        ValueError: a file is missing or larger than any that is one.
    """

    def __init__(self, folder: Path, described: str) -> None:
        names = (described, TOKENIZER, NETWORK)
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise ValueError(f"{folder}: no {' and no '.join(missing)}")
        for name in (described, TOKENIZER):
            size, most = (folder / name).stat().st_size, _MAX_BYTES.get(name, 1 << 20)
            if size > most:
                raise ValueError(f"{folder / name}: {size} bytes, of which at most {most} are read")
        self.folder: Final = folder
        self._described = described

    def description(self) -> Any:
        """The document; ``ValueError`` where it is no JSON."""
        return self.attempt(self._described, lambda path: orjson.loads(path.read_bytes()))

    def tokenizer(self) -> Tokenizer:
        """The tokenizer, which neither pads nor truncates; ``ValueError`` where it is none."""
        tokenizer: Tokenizer = self.attempt(TOKENIZER, lambda path: Tokenizer.from_file(str(path)))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def session(self) -> onnxruntime.InferenceSession:
        """The network on one thread, as a detector process has one core; ``ValueError`` where it is none."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = (
            _FATAL  # what fails is raised, and nothing is printed near user text
        )
        return self.attempt(
            NETWORK,
            lambda path: onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            ),
        )

    def attempt(self, name: str, use: Callable[[Path], Any]) -> Any:
        """What ``use`` makes of a file; whatever it raises is a ``ValueError`` that names the file."""
        path = self.folder / name
        try:
            return use(path)
        except Exception as error:  # noqa: BLE001  # the libraries raise types of their own
            raise ValueError(f"{path}: {type(error).__name__}: {error}") from None


def revision_inputs(folder: Path) -> Iterator[bytes]:
    """Names and digests of the files that make a network, for the revision; weights may lie beside it."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and (path.suffix == ".json" or path.name.startswith(NETWORK)):
            yield path.name.encode()
            with path.open("rb") as file:
                yield hashlib.file_digest(file, "sha256").digest()
