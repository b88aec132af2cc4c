"""The protocols say all that the stages above may rely on."""

import inspect

import pytest

from gateway.dialects.base import Dialect, Framer
from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.openai.frames import ChatFramer


@pytest.mark.parametrize(
    ("protocol", "implementation"), [(Dialect, OpenAIChat), (Framer, ChatFramer)]
)
def test_an_implementation_has_the_parameters_that_its_protocol_names(
    protocol: type, implementation: type
) -> None:
    for name, member in inspect.getmembers(protocol, inspect.isfunction):
        if not name.startswith("_"):
            given = inspect.signature(getattr(implementation, name)).parameters
            assert list(given) == list(inspect.signature(member).parameters), name
