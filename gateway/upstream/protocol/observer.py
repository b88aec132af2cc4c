"""What a deployment reports about itself: its list of models, its tokenizer, and its greedy completion of a fixed prompt.

Three queries of the gateway's own at fixed paths; they hold no data of callers. The answers are compared with signed records, so
the sample and the prompt must never change: the digests would differ.
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
"""Words, numbers, white space, code and many scripts, in which vocabularies differ; no special tokens."""
FINGERPRINT_PROMPT: Final = (
    "Continue this list with ten more words, one a line: checkpoint, lantern, river"
)
FINGERPRINT_TOKENS: Final = 24
"""Few enough to be cheap, and enough that two models are unlikely to agree on all of them."""

Fetch: TypeAlias = Callable[[str, Json | None], Awaitable[bytes]]
"""Given a path from the server's root and a document to POST, or ``None`` for a GET, returns the body of the answer."""


class DeploymentObserver:
    """Queries one deployment.

    Args:
        fetch: sends a query; raises ``UpstreamError`` when there is no answer.
        path: the path of the deployment's ``base_url``.
        model: the model name that is sent upstream.
    """

    def __init__(self, fetch: Fetch, path: str, model: str) -> None:
        self._fetch = fetch
        self._path = path
        self._model = model

    async def models(self) -> frozenset[str]:
        """The ids in its list of models.

        Raises:
            UpstreamError: there is no answer.
        """
        return model_ids(await self._fetch(f"{self._path}/models", None))

    async def tokenizer(self) -> str:
        """``sha256:`` and the hexadecimal digest of the token ids of ``TOKENIZER_SAMPLE``.

        The request to ``/tokenize`` has the fields of vLLM and SGLang (``prompt``, ``add_special_tokens``) and those of llama.cpp
        (``content``, ``add_special``): each server ignores the other's.

        Raises:
            UpstreamError: there is no answer, or it has no token ids.
        """
        request = {"model": self._model, "prompt": TOKENIZER_SAMPLE, "add_special_tokens": False}
        answer = await self._fetch(
            "/tokenize", {**request, "content": TOKENIZER_SAMPLE, "add_special": False}
        )
        tokens = _at(answer, "tokens")
        if not isinstance(tokens, list) or not tokens or not all(type(t) is int for t in tokens):
            raise _not_reported()
        return _digest(tokens)

    async def fingerprint(self) -> str:
        """``sha256:`` and the hexadecimal digest of the greedy completion of ``FINGERPRINT_PROMPT``, reasoning included.

        Raises:
            UpstreamError: there is no answer, or it has no text.
        """
        request = {
            "model": self._model,
            "messages": [{"role": "user", "content": FINGERPRINT_PROMPT}],
            "temperature": 0,
            "seed": 0,
            "max_tokens": FINGERPRINT_TOKENS,
        }
        message = _at(
            await self._fetch(f"{self._path}/chat/completions", request), "choices", 0, "message"
        )
        texts = _answer_texts(message) if isinstance(message, dict) else []
        if not any(texts):
            raise _not_reported()
        return _digest(texts)


def _answer_texts(message: dict[str, Json]) -> list[Json]:
    """Reasoning and answer. vLLM has named the former ``reasoning`` since 0.11; other servers name it ``reasoning_content``."""
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
    return UpstreamFailed(
        "The model server did not report the requested information.", fallback=True
    )
