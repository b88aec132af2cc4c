"""Remembers what was found in a text, without the text.

A chat sends its whole history again with every turn. The key is a keyed hash under the tenant's own key,
so that neither the text nor an equality between tenants can be told from it; the value is offsets.
"""

import hashlib
from collections import OrderedDict
from typing import Final

from gateway.detect.base import Span

_DIGEST: Final = 16
_SPANS_PER_ENTRY: Final = 8


class CacheKeys:
    """Makes cache keys under one tenant's key.

    Args:
        key: the tenant's cache key, at most 64 bytes (BLAKE2b, RFC 7693).
        revision: what changes with the detectors.
    """

    def __init__(self, key: bytes, revision: str) -> None:
        self._keyed = hashlib.blake2b(key=key, digest_size=_DIGEST)
        self._keyed.update(b"%d:%s" % (len(revision), revision.encode()))

    def of(self, text: bytes, *context: str) -> bytes:
        """The key of a text in a context; no two contexts run into each other."""
        digest = self._keyed.copy()
        digest.update("".join([f"{len(part)}:{part}" for part in context]).encode(errors="replace"))
        digest.update(text)
        return digest.digest()


class SpanCache:
    """The least recently used texts are forgotten first; bounded by entries and by spans in all.

    Args:
        entries: the most texts to remember; 0 remembers none.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._most_spans = entries * _SPANS_PER_ENTRY
        self._spans = 0
        self._kept: OrderedDict[bytes, tuple[Span, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: bytes) -> tuple[Span, ...] | None:
        """What was found, or ``None`` when this text is not remembered."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: bytes, spans: tuple[Span, ...]) -> None:
        self._spans += len(spans) - len(self._kept.pop(key, ()))
        self._kept[key] = spans
        while len(self._kept) > self._entries or self._spans > self._most_spans:
            _, forgotten = self._kept.popitem(last=False)
            self._spans -= len(forgotten)
