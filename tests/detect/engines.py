"""Engines that fail on command, for tests of the contract of detectors."""

import os
import signal
import sys
import threading
import time
from collections.abc import Sequence

from presidio_analyzer import EntityRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from gateway.detect.base import Passage, Span
from gateway.detect.rules.ruleset import apply_rules


class FaultyEngine:
    """The deterministic rules, except for texts that are an instruction to fail."""

    revision = "faulty"

    def detect(self, passages: Sequence[Passage]) -> list[tuple[Span, ...]]:
        for passage in passages:
            if passage.text == "raise":
                raise ValueError(passage.text)
            if passage.text == "hang":
                time.sleep(1.0)
            if passage.text == "die":
                os.kill(os.getpid(), signal.SIGKILL)
            if passage.text == "leave":
                sys.exit(3)
        return [apply_rules(passage.text, passage.key) for passage in passages]


def faulty(languages: Sequence[str]) -> FaultyEngine:
    assert set(languages) <= {"en", "ja"}
    return FaultyEngine()


def unbuildable(languages: Sequence[str]) -> FaultyEngine:
    raise OSError(f"no model for {languages[0]}")


class Threaded(EntityRecognizer):
    """Finds nothing and has a thread, as the runtime of a network would."""

    def __init__(self, supported_language: str) -> None:
        super().__init__(supported_entities=["NOTHING"], supported_language=supported_language)
        threading.Thread(target=time.sleep, args=(600,), daemon=True).start()

    def load(self) -> None:
        """Nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts
    ) -> list[RecognizerResult]:
        return []
