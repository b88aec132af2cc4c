"""Networks that users bring, as ONNX. The files of a directory decide which kind of network it is."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from gateway.detect.networks import gliner
from gateway.detect.networks.gliner import Gliner
from gateway.detect.networks.onnx_files import revision_inputs
from gateway.detect.networks.token_classifier import TokenClassifier

__all__ = ["NetworkRecognizer", "recognisers", "revision_inputs"]


class Network(Protocol):
    """Finds entities in a text."""

    def find(self, text: str) -> list[RecognizerResult]:
        """The findings, in any order; where windows overlap, one may be reported twice."""


class NetworkRecognizer(EntityRecognizer):
    """A network's findings from a score on, in one language; several recognisers may share the network."""

    def __init__(
        self, network: Network, name: str, entities: list[str], threshold: float, language: str
    ) -> None:
        super().__init__(supported_entities=entities, supported_language=language, name=name)
        self._network = network
        self._threshold = threshold

    def load(self) -> None:
        """Nothing to load: the constructor takes a loaded network."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        del entities, nlp_artifacts
        return [found for found in self._network.find(text) if found.score >= self._threshold]


def recognisers(
    folder: Path, labels: Mapping[str, str], threshold: float, languages: Sequence[str]
) -> list[EntityRecognizer]:
    """One recogniser for each language, of one network.

    Args:
        folder: a GLiNER network if it holds ``gliner_config.json``, else one for token classification.
        labels: the entity of each of its labels.
        threshold: the score from which a finding counts.
        languages: the languages that are configured.

    Raises:
        ValueError: the directory can't be used; the message names the file and the reason.
    """
    kind = Gliner if (folder / gliner.CONFIG).is_file() else TokenClassifier
    network, entities = kind(folder, labels), sorted(set(labels.values()))
    return [
        NetworkRecognizer(network, folder.name, entities, threshold, language)
        for language in languages
    ]
