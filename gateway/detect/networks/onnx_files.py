"""The files of a user's network in a directory: read only from disk, with bounded sizes, and refused with a reason.

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
"""Maximum number of tokens of one input: most networks have no embeddings for further positions."""
NETWORK: Final = "model.onnx"
TOKENIZER: Final = "tokenizer.json"
_FATAL: Final = 4
_MAX_BYTES: Final = {TOKENIZER: 64 << 20}
"""Tokenizers with the largest vocabularies have some 30 MB; other documents a few KB."""


class NetworkFiles:
    """A directory with a network, its tokenizer, and a document that describes it.

    Args:
        folder: the directory.
        described: the file name of the document.

    Raises:
        ValueError: a file is missing or too large.
    """

    def __init__(self, folder: Path, described: str) -> None:
        names = (described, TOKENIZER, NETWORK)
        missing = [name for name in names if not (folder / name).is_file()]
        if missing:
            raise ValueError(f"{folder}: no {' and no '.join(missing)}")
        for name in (described, TOKENIZER):
            size, limit = (folder / name).stat().st_size, _MAX_BYTES.get(name, 1 << 20)
            if size > limit:
                raise ValueError(f"{folder / name}: {size} bytes, more than the limit of {limit}")
        self.folder: Final = folder
        self._described = described

    def description(self) -> Any:
        """The document; ``ValueError`` if it is not JSON."""
        return self.attempt(self._described, lambda path: orjson.loads(path.read_bytes()))

    def tokenizer(self) -> Tokenizer:
        """The tokenizer, without padding or truncation; ``ValueError`` if the file is not one."""
        tokenizer: Tokenizer = self.attempt(TOKENIZER, lambda path: Tokenizer.from_file(str(path)))
        # The file may have switched both on.
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    def session(self) -> onnxruntime.InferenceSession:
        """The network on one thread, since a detector process has one core; ``ValueError`` if the file is not one."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        # Failures are raised; a library's log line could contain user text.
        options.log_severity_level = _FATAL
        return self.attempt(
            NETWORK,
            lambda path: onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            ),
        )

    def attempt(self, name: str, use: Callable[[Path], Any]) -> Any:
        """The result of ``use`` on a file; an exception becomes a ``ValueError`` that names the file."""
        path = self.folder / name
        try:
            return use(path)
        except Exception as error:  # noqa: BLE001  # the libraries raise types of their own
            raise ValueError(f"{path}: {type(error).__name__}: {error}") from None


def revision_inputs(folder: Path) -> Iterator[bytes]:
    """Names and digests of a network's files, for the revision, with weights that are stored in a separate file."""
    for path in sorted(folder.iterdir()):
        if path.is_file() and (path.suffix == ".json" or path.name.startswith(NETWORK)):
            yield path.name.encode()
            with path.open("rb") as file:
                yield hashlib.file_digest(file, "sha256").digest()
