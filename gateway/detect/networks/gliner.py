"""GLiNER, as ONNX: a network that scores short runs of words against labels, which it reads before the text.

Zaratiana et al., "GLiNER: Generalist Model for Named Entity Recognition using Bidirectional Transformer", 2023
(https://arxiv.org/abs/2311.08526). The directory has the structure that GLiNER's ``export_to_onnx`` writes, the input the one
that its processor makes (https://github.com/urchade/GLiNER, ``gliner/data_processing/processor.py``), for networks that encode labels
and text together and represent spans by their ends (``markerV0``).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from presidio_analyzer import RecognizerResult
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from gateway.detect.networks.onnx_files import MAX_TOKENS, NETWORK, NetworkFiles

CONFIG: Final = "gliner_config.json"
_MIN_SCORE: Final = 0.4
"""No detector counts lower scores. Decoding takes the best first, so a higher threshold may be applied after it with the same
result."""
_WORD: Final = re.compile(r"\w+(?:-\w+)*|\S")
"""GLiNER's ``whitespace`` splitter."""
_MAX_WORD_LENGTH: Final = 64
"""Longer runs are not words (base64, scripts without spaces). They are split, so that each piece fits a window."""
_INPUTS: Final = frozenset(
    ("input_ids", "attention_mask", "words_mask", "text_lengths", "span_idx", "span_mask")
)
_PROBE: Final = ("Ann", "met", "Bob")

Inputs = dict[str, NDArray[Any]]
Scores = NDArray[np.float32]
"""Probabilities of shape (words, widths, labels), for the run that begins at a word and has ``width`` more words."""


class _Encoder(BaseModel):
    model_config = ConfigDict(frozen=True)

    max_position_embeddings: int = Field(MAX_TOKENS, ge=1)


class Config(BaseModel):
    """The part of ``gliner_config.json`` that describes the input; defaults are GLiNER's. Other architectures are refused."""

    model_config = ConfigDict(frozen=True)

    model_type: Literal["gliner", "gliner_uni_encoder_span"] = "gliner"
    span_mode: Literal["markerV0"] = "markerV0"
    subtoken_pooling: Literal["first"] = "first"
    words_splitter_type: Literal["whitespace"] = "whitespace"
    labels_encoder: None = None
    labels_decoder: None = None
    relations_layer: None = None
    max_width: int = Field(12, ge=1, le=100)
    max_len: int = Field(384, ge=1)
    ent_token: str = "<<ENT>>"  # noqa: S105  # a marker in the prompt
    sep_token: str = "<<SEP>>"  # noqa: S105
    encoder_config: _Encoder | None = None

    @property
    def max_tokens(self) -> int:
        """Tokens of one input, prompt and all."""
        return min(MAX_TOKENS, (self.encoder_config or _Encoder()).max_position_embeddings)


class Layout:
    """Turns labels and words into the network's inputs.

    Args:
        files: the directory.
        labels: the labels, in the order of the network's output.

    Raises:
        ValueError: the architecture is not supported, the tokenizer lacks its markers, or the labels leave too
            little room for text.
    """

    def __init__(self, files: NetworkFiles, labels: Sequence[str]) -> None:
        self.config: Final = _config(files)
        self._tokenizer = files.tokenizer()
        for marker in (self.config.ent_token, self.config.sep_token):
            # A marker that the word splitter could produce would let a text pose as labels.
            if self._tokenizer.token_to_id(marker) is None or _WORD.fullmatch(marker):
                raise ValueError(
                    f"{files.folder}: {marker!r} is not a special token of the tokenizer"
                )
        marked = [part for label in labels for part in (self.config.ent_token, label)]
        self._prompt = [*marked, self.config.sep_token]
        most = self.config.max_tokens
        taken = len(self._tokenizer.encode(self._prompt, is_pretokenized=True))
        if taken > most // 2:
            raise ValueError(
                f"{files.folder}: the labels take {taken} of {most} tokens; give fewer or shorter ones"
            )
        self._room = most - taken

    def windows(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Ranges of words that fit one input. Each overlaps the one before by two widths, or by half, so that a run that one cuts is whole in the next."""
        ends = np.cumsum([0, *self._sizes(words)])
        start = end = 0
        while end < len(words):
            fits = int(np.searchsorted(ends, ends[start] + self._room, side="right")) - 1
            end = min(max(fits, start + 1), start + self.config.max_len, len(words))
            yield start, end
            start = max(start + (end - start + 1) // 2, end - 2 * self.config.max_width)

    def inputs(self, words: Sequence[str]) -> Inputs:
        """The network's inputs for one window, a batch of one."""
        encoding = self._tokenizer.encode([*self._prompt, *words], is_pretokenized=True)
        encoding.truncate(self.config.max_tokens)  # a single word may be longer than the window
        spans = self.spans(len(words))
        inside = spans[:, 1] < len(words)
        return {
            "input_ids": np.array([encoding.ids], np.int64),
            "attention_mask": np.array([encoding.attention_mask], np.int64),
            "words_mask": self._words_mask(encoding.word_ids)[None],
            "text_lengths": np.array([[len(words)]], np.int64),
            "span_idx": (spans * inside[:, None])[None],
            "span_mask": inside[None],
        }

    def spans(self, words: int) -> NDArray[np.int64]:
        """First and last word of each run, by first word and then width; runs beyond the text included."""
        starts, widths = np.divmod(
            np.arange(words * self.config.max_width, dtype=np.int64), self.config.max_width
        )
        return np.stack([starts, starts + widths], axis=1)

    def _sizes(self, words: Sequence[str]) -> NDArray[np.int64]:
        """Tokens of each word."""
        encoding = self._tokenizer.encode(
            list(words), is_pretokenized=True, add_special_tokens=False
        )
        return np.bincount(np.array(encoding.word_ids, np.int64), minlength=len(words))

    def _words_mask(self, word_ids: Sequence[int | None]) -> NDArray[np.int64]:
        """The number of each word (from 1) at its first token, and 0 at every other token."""
        numbers = np.array([-1 if one is None else one for one in word_ids], np.int64)
        first = np.append(True, numbers[1:] != numbers[:-1])
        return np.where(first & (numbers >= len(self._prompt)), numbers - len(self._prompt) + 1, 0)


class Gliner:
    """Finds the entities that the labels describe.

    Args:
        folder: a directory with ``gliner_config.json``, ``tokenizer.json`` and ``model.onnx``.
        labels: the entity of each label. The network reads the labels, so words from its training work best.

    Raises:
        ValueError: the directory can't be used; the message names the file and the reason.
    """

    def __init__(self, folder: Path, labels: Mapping[str, str]) -> None:
        files = NetworkFiles(folder, CONFIG)
        self._entities = list(labels.values())
        self._layout = Layout(files, list(labels))
        self._session = files.session()
        names = {one.name for one in self._session.get_inputs()}
        if names != _INPUTS:
            raise ValueError(
                f"{folder / NETWORK}: its inputs ({', '.join(sorted(names))}) are not those of a span network"
            )
        # Run once now: a network that does not fit must fail at the start, and not at a request.
        files.attempt(NETWORK, lambda _: self._scores(_PROBE))

    def find(self, text: str) -> list[RecognizerResult]:
        """The entities in a text. Names wider than the network's widest span are found in parts, if at all.

        Raises:
            ValueError: the network's output is not a table of scores.
        """
        words = _words(text)
        spelled = [text[start:end] for start, end in words]
        return [
            RecognizerResult(
                self._entities[label], words[begin + first][0], words[begin + last][1], score
            )
            for begin, end in self._layout.windows(spelled)
            for first, last, label, score in _flat(self._scores(spelled[begin:end]))
        ]

    def _scores(self, words: Sequence[str]) -> Scores:
        logits = self._session.run(["logits"], self._layout.inputs(words))[0]
        width = self._layout.config.max_width
        shape = (1, len(words), width, len(self._entities))
        if logits.shape != shape:
            raise ValueError(f"logits of shape {logits.shape}, expected {shape}")
        inside = self._layout.spans(len(words))[:, 1].reshape(-1, width) < len(words)
        given = logits[0][inside].astype(np.float32)
        # No comparison with NaN is true: such a network would find nothing, silently.
        if np.isnan(given).any():
            raise ValueError("logits are not numbers")
        scores = np.zeros(shape[1:], np.float32)
        # The sigmoid, in a form that does not overflow for large logits.
        scores[inside] = np.exp(-np.logaddexp(0, -given))
        return scores


def _config(files: NetworkFiles) -> Config:
    try:
        return Config.model_validate(files.description())
    except ValidationError as error:
        faults = [
            f"{'.'.join(map(str, fault['loc']))} is {fault['input']!r:.80}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise ValueError(
            f"{files.folder / CONFIG}: unsupported GLiNER architecture: {'; '.join(faults)}"
        ) from None


def _words(text: str) -> list[tuple[int, int]]:
    """Start and end of each word."""
    return [
        (start, end)
        for match in _WORD.finditer(text)
        for start, end in pairwise([*range(*match.span(), _MAX_WORD_LENGTH), match.end()])
    ]


def _flat(scores: Scores) -> Iterator[tuple[int, int, int, float]]:
    """GLiNER's flat decoding: spans (first word, last word, label, score) that share no word, the best first."""
    best = scores.max(axis=2)
    firsts, widths = np.nonzero(best >= _MIN_SCORE)
    taken = np.zeros(len(scores), bool)
    # Stable: of equal scores, the one earlier in the text is always taken.
    for index in np.argsort(-best[firsts, widths], kind="stable"):
        first, width = int(firsts[index]), int(widths[index])
        if not taken[first : first + width + 1].any():
            taken[first : first + width + 1] = True
            label = int(scores[first, width].argmax())
            yield first, first + width, label, float(best[first, width])
