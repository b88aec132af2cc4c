"""The table of routes: which path is served by which dialect. A new surface is one file and one line here."""

from dataclasses import dataclass
from typing import Final

from gateway.dialects.anthropic.dialect import AnthropicMessages
from gateway.dialects.base import Dialect
from gateway.dialects.ollama.dialect import Ollama
from gateway.dialects.openai.chat import OpenAIChat
from gateway.dialects.openai.completions import OpenAICompletions
from gateway.dialects.openai.embeddings import OpenAIEmbeddings
from gateway.dialects.responses.dialect import OpenAIResponses

MODELS: Final = "models"
"""The operation that lists models: it has no body."""
STORED: Final = "kept"
"""What may be done with a kept reply: see :mod:`gateway.edge.stored_replies`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRoute:
    """One path. ``{model}`` in it is the name of a model, ``{reply}`` the id of a kept reply."""

    path: str
    dialect: Dialect
    operation: str

    @property
    def methods(self) -> tuple[str, ...]:
        """What the path is served with."""
        return _METHODS.get(self.operation, ("POST",))


_METHODS: Final = {MODELS: ("GET",), STORED: ("GET", "DELETE")}

_OPENAI: Final[dict[str, tuple[Dialect, str]]] = {
    "/chat/completions": (OpenAIChat(), "chat.completions"),
    "/completions": (OpenAICompletions(), "completions"),
    "/embeddings": (OpenAIEmbeddings(), "embeddings"),
    "/responses": (OpenAIResponses(), "responses"),
    "/responses/{reply}": (OpenAIResponses(), STORED),
    "/models": (OpenAIChat(), MODELS),
}

_ANTHROPIC: Final[dict[str, tuple[Dialect, str]]] = {
    "/v1/messages": (AnthropicMessages(), "messages"),
    "/v1/messages/count_tokens": (AnthropicMessages(), "count_tokens"),
}

_OLLAMA: Final[dict[str, tuple[Dialect, str]]] = {
    "/api/chat": (Ollama(), "chat"),
    "/api/generate": (Ollama(), "generate"),
    "/api/embed": (Ollama(), "embed"),
    "/api/tags": (Ollama(), MODELS),
}

_BY_NAME: Final = ("/chat/completions", "/completions", "/embeddings")
"""What Azure serves under a deployment's name."""


def _served(prefix: str, paths: dict[str, tuple[Dialect, str]]) -> list[PublicRoute]:
    return [
        PublicRoute(path=f"{prefix}{path}", dialect=dialect, operation=operation)
        for path, (dialect, operation) in paths.items()
    ]


PUBLIC_ROUTES: Final[tuple[PublicRoute, ...]] = (
    *_served("/v1", _OPENAI),
    *_served("", _OPENAI),
    *_served("/openai/v1", _OPENAI),
    *_served("/openai/deployments/{model}", {path: _OPENAI[path] for path in _BY_NAME}),
    *_served(
        "/openai", {path: _OPENAI[path] for path in ("/responses", "/responses/{reply}", "/models")}
    ),
    *_served("", _ANTHROPIC),
    *_served("/anthropic", _ANTHROPIC),
    *_served("", _OLLAMA),
)
"""OpenAI's paths, the same without ``/v1`` as DeepSeek has them, Azure's two styles, Anthropic's and Ollama's."""
