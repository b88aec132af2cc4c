"""What a deployment shows of itself: its list of models, its tokenizer, its likeliest words.

Three questions of the gateway's own at fixed paths; they carry nothing of any caller's. The answers are compared with signed
records, so what is asked must never change: another text or prompt would be another digest.
"""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

import orjson

from gateway.errors import UpstreamFailed
from gateway.types import Json
from gateway.upstream.protocol.probe import served

TEXT: Final = (
    "The checkpoint opens at 06:45; 1,234.56 km remain.\n\tdef pass_by(self, n=0x1F): return n**2 != 7\n"
    "関所では、旅人の通行手形を改めた。㍿ ﾊﾝｶｸ 检查站在黎明时开放。 Größe naïve façade Ελλάδα Привет مرحبا שלום नमस्ते 안녕하세요 🚦👩‍👩‍👧"
)
"""Words, numbers, white space, code and many scripts: where vocabularies differ. No token that a server treats specially."""
PROMPT: Final = "Continue this list with ten more words, one a line: checkpoint, lantern, river"
TOKENS: Final = 24
"""Few enough to be cheap, and as many as two models hardly choose alike."""

Ask: TypeAlias = Callable[[str, Json | None], Awaitable[bytes]]
"""The body of the answer to a question: a path, from the server's root, and a document to post, or ``None`` to get."""


class Observer:
    """Asks one deployment.

    Args:
        ask: asks it; raises ``UpstreamError`` when there is no answer.
        path: the path of its ``base_url``.
        model: the name that it is asked by.
    """

    def __init__(self, ask: Ask, path: str, model: str) -> None:
        self._ask = ask
        self._path = path
        self._model = model

    async def models(self) -> frozenset[str]:
        """The ids in its list of models.

        Raises:
            UpstreamError: it shows none.
        """
        return served(await self._ask(f"{self._path}/models", None))

    async def tokenizer(self) -> str:
        """``sha256:`` and the digest, in hex, of how it cuts ``TEXT`` into tokens.

        Asked at ``/tokenize`` in the words of vLLM and SGLang (``prompt``, ``add_special_tokens``) and of llama.cpp (``content``,
        ``add_special``) at once: each leaves the other's alone.

        Raises:
            UpstreamError: it does not show it.
        """
        asked = {"model": self._model, "prompt": TEXT, "add_special_tokens": False}
        answer = await self._ask("/tokenize", {**asked, "content": TEXT, "add_special": False})
        tokens = _at(answer, "tokens")
        if not isinstance(tokens, list) or not tokens or not all(type(t) is int for t in tokens):
            raise _not_shown()
        return _digest(tokens)

    async def fingerprint(self) -> str:
        """``sha256:`` and the digest, in hex, of its likeliest words after ``PROMPT``, reasoning included.

        Raises:
            UpstreamError: it says nothing.
        """
        asked = {
            "model": self._model,
            "messages": [{"role": "user", "content": PROMPT}],
            "temperature": 0,
            "seed": 0,
            "max_tokens": TOKENS,
        }
        message = _at(
            await self._ask(f"{self._path}/chat/completions", asked), "choices", 0, "message"
        )
        said = _words(message) if isinstance(message, dict) else []
        if not any(said):
            raise _not_shown()
        return _digest(said)


def _words(message: dict[str, Json]) -> list[Json]:
    """Reasoning and answer; vLLM has called the former ``reasoning`` since 0.11, and others ``reasoning_content``."""
    return [message.get("reasoning") or message.get("reasoning_content"), message.get("content")]


def _at(answer: bytes, *path: str | int) -> Json:
    try:
        found = orjson.loads(answer)
        for step in path:
            found = found[step]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        raise _not_shown() from None
    return found


def _digest(shown: Json) -> str:
    return f"sha256:{hashlib.sha256(orjson.dumps(shown)).hexdigest()}"


def _not_shown() -> UpstreamFailed:
    return UpstreamFailed("The model server does not show what it was asked for.", fallback=True)
