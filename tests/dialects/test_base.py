"""The protocols hold every dialect and framer to their members."""

import inspect

import pytest
from mypy import api

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.dialects.anthropic.frames import MessageFramer
from gateway.dialects.base import Dialect, Framer
from gateway.dialects.ollama.dialect import Ollama
from gateway.dialects.ollama.frames import NdjsonFramer
from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.openai.completions import CompletionFramer, OpenAICompletions
from gateway.dialects.openai.embeddings import OpenAIEmbeddings
from gateway.dialects.openai.frames import ChatFramer
from gateway.dialects.responses.dialect import OpenAIResponses
from gateway.dialects.responses.frames import ResponseFramer

DIALECTS = (
    AnthropicMessages,
    Ollama,
    OpenAIChat,
    OpenAICompletions,
    OpenAIEmbeddings,
    OpenAIResponses,
)
FRAMERS = (ChatFramer, CompletionFramer, MessageFramer, NdjsonFramer, ResponseFramer)
IMPLEMENTATIONS = [
    *((Dialect, dialect) for dialect in DIALECTS),
    *((Framer, framer) for framer in FRAMERS),
]

INCOMPLETE = """
from typing import Final
from gateway.dialects.base import Framer
from gateway.errors import SekishoError
from gateway.types import Event

class Incomplete(Framer):
    media_type: Final = "text/plain"
    def feed(self, event: Event) -> bytes:
        return b""
    def comment(self) -> bytes:
        return b""
    def error(self, error: SekishoError, request_id: str) -> bytes:
        return b""

Incomplete()
"""
"""A framer without ``done``."""


def _members(protocol: type) -> list[str]:
    return [name for name in vars(protocol) if not name.startswith("_")]


@pytest.mark.parametrize(("protocol", "implementation"), IMPLEMENTATIONS)
def test_an_implementation_names_its_protocol_and_is_complete(
    protocol: type, implementation: type
) -> None:
    assert protocol in implementation.__mro__
    assert not inspect.isabstract(implementation)


@pytest.mark.parametrize(("protocol", "implementation"), IMPLEMENTATIONS)
def test_an_implementation_has_the_parameters_that_its_protocol_names(
    protocol: type, implementation: type
) -> None:
    for name, member in inspect.getmembers(protocol, inspect.isfunction):
        if not name.startswith("_"):
            parameters = inspect.signature(getattr(implementation, name)).parameters
            assert list(parameters) == list(inspect.signature(member).parameters), name


@pytest.mark.parametrize("protocol", [Dialect, Framer])
def test_a_class_that_lacks_any_member_is_not_instantiated(protocol: type) -> None:
    for missing in _members(protocol):
        present = {name: None for name in _members(protocol) if name != missing}
        incomplete = type("Incomplete", (protocol,), present)
        with pytest.raises(TypeError, match=missing):
            incomplete()


def test_the_type_checker_refuses_a_class_that_lacks_a_member() -> None:
    arguments = ["--strict", "--config-file=", "--cache-dir=/dev/null", "-c"]
    report, _, status = api.run([*arguments, INCOMPLETE])
    assert status == 1
    assert 'Cannot instantiate abstract class "Incomplete"' in report
    assert '"done"' in report
    ending = "    def done(self) -> bytes:\n        return b''\n\nIncomplete()"
    report, _, status = api.run([*arguments, INCOMPLETE.replace("\nIncomplete()", ending)])
    assert (report.splitlines()[-1:], status) == (["Success: no issues found in 1 source file"], 0)
