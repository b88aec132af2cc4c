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
from gateway.upstream.protocol.probe import model_ids

TOKENIZER_SAMPLE: Final = (
    "The checkpoint opens at 06:45; 1,234.56 km remain.\n\tdef pass_by(self, n=0x1F): return n**2 != 7\n"
    "関所では、旅人の通行手形を改めた。㍿ ﾊﾝｶｸ 检查站在黎明时开放。 Größe naïve façade Ελλάδα Привет مرحبا שלום नमस्ते 안녕하세요 🚦👩‍👩‍👧"
)
"""Words, numbers, white space, code and many scripts: where vocabularies differ. No token that a server treats specially."""
FINGERPRINT_PROMPT: Final = (
    "Continue this list with ten more words, one a line: checkpoint, lantern, river"
)
FINGERPRINT_TOKENS: Final = 24
"""Few enough to be cheap, and as many as two models hardly choose alike."""

Fetch: TypeAlias = Callable[[str, Json | None], Awaitable[bytes]]
"""The body of the answer to a question: a path, from the server's root, and a document to post, or ``None`` to get."""


class DeploymentObserver:
    """Asks one deployment.

    Args:
        ask: asks it; raises ``UpstreamError`` when there is no answer.
        path: the path of its ``base_url``.
        model: the name that it is asked by.
    """

    def __init__(self, ask: Fetch, path: str, model: str) -> None:
        self._ask = ask
        self._path = path
        self._model = model

    async def models(self) -> frozenset[str]:
        """The ids in its list of models.

        Raises:
            UpstreamError: it shows none.
        """
        return model_ids(await self._ask(f"{self._path}/models", None))

    async def tokenizer(self) -> str:
        """``sha256:`` and the digest, in hex, of how it cuts ``TOKENIZER_SAMPLE`` into tokens.

        Asked at ``/tokenize`` in the words of vLLM and SGLang (``prompt``, ``add_special_tokens``) and of llama.cpp (``content``,
        ``add_special``) at once: each leaves the other's alone.

        Raises:
            UpstreamError: it does not show it.
        """
        request = {"model": self._model, "prompt": TOKENIZER_SAMPLE, "add_special_tokens": False}
        answer = await self._ask(
            "/tokenize", {**request, "content": TOKENIZER_SAMPLE, "add_special": False}
        )
        tokens = _at(answer, "tokens")
        if not isinstance(tokens, list) or not tokens or not all(type(t) is int for t in tokens):
            raise _not_reported()
        return _digest(tokens)

    async def fingerprint(self) -> str:
        """``sha256:`` and the digest, in hex, of its likeliest words after ``FINGERPRINT_PROMPT``, reasoning included.

        Raises:
            UpstreamError: it says nothing.
        """
        request = {
            "model": self._model,
            "messages": [{"role": "user", "content": FINGERPRINT_PROMPT}],
            "temperature": 0,
            "seed": 0,
            "max_tokens": FINGERPRINT_TOKENS,
        }
        message = _at(
            await self._ask(f"{self._path}/chat/completions", request), "choices", 0, "message"
        )
        said = _answer_texts(message) if isinstance(message, dict) else []
        if not any(said):
            raise _not_reported()
        return _digest(said)


def _answer_texts(message: dict[str, Json]) -> list[Json]:
    """Reasoning and answer; vLLM has called the former ``reasoning`` since 0.11, and others ``reasoning_content``."""
    return [message.get("reasoning") or message.get("reasoning_content"), message.get("content")]


def _at(answer: bytes, *path: str | int) -> Json:
    try:
        found = orjson.loads(answer)
        for step in path:
            found = found[step]
    except (orjson.JSONDecodeError, LookupError, TypeError):
        raise _not_reported() from None
    return found


def _digest(value: Json) -> str:
    return f"sha256:{hashlib.sha256(orjson.dumps(value)).hexdigest()}"


def _not_reported() -> UpstreamFailed:
    return UpstreamFailed("The model server does not show what it was asked for.", fallback=True)
