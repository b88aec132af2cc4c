"""The public routes: which dialect serves which path.

A new API is a folder in ``dialects/``, its lines here, and its rows in ``dialects/coverage.py``.
"""

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
"""Retrieving and deleting a stored reply: see :mod:`gateway.edge.public`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicRoute:
    """One path. ``{model}`` in it is the name of a model, ``{reply}`` the id of a stored reply."""

    path: str
    dialect: Dialect
    operation: str

    @property
    def methods(self) -> tuple[str, ...]:
        """The HTTP methods of the path."""
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

_PER_DEPLOYMENT: Final = ("/chat/completions", "/completions", "/embeddings")
"""The paths that Azure serves under a deployment's name."""


def _routes(prefix: str, paths: dict[str, tuple[Dialect, str]]) -> list[PublicRoute]:
    return [
        PublicRoute(path=f"{prefix}{path}", dialect=dialect, operation=operation)
        for path, (dialect, operation) in paths.items()
    ]


PUBLIC_ROUTES: Final[tuple[PublicRoute, ...]] = (
    *_routes("/v1", _OPENAI),
    *_routes("", _OPENAI),
    *_routes("/openai/v1", _OPENAI),
    *_routes("/openai/deployments/{model}", {path: _OPENAI[path] for path in _PER_DEPLOYMENT}),
    *_routes(
        "/openai", {path: _OPENAI[path] for path in ("/responses", "/responses/{reply}", "/models")}
    ),
    *_routes("", _ANTHROPIC),
    *_routes("/anthropic", _ANTHROPIC),
    *_routes("", _OLLAMA),
)
"""OpenAI's paths, the same without ``/v1`` (DeepSeek), Azure's two styles, Anthropic's and Ollama's."""
