"""Remembers what was found in a text, or in all of a request, without the text.

A chat sends its whole history again with every turn. The key is a keyed hash under the tenant's own key,
so that neither the text nor an equality between tenants can be told from it; the value is offsets.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

_Found = TypeVar("_Found")

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


def combined_key(keys: Sequence[bytes]) -> bytes:
    """The key of texts in an order, from the keys of each."""
    return hashlib.blake2b(b"".join(keys), digest_size=_DIGEST).digest()


class SpanCache(Generic[_Found]):
    """The least recently used are forgotten first; bounded by entries and by spans in all.

    Args:
        entries: the most to remember; 0 remembers none.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._max_spans = entries * _SPANS_PER_ENTRY
        self._spans = 0
        self._items: OrderedDict[bytes, tuple[_Found, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: bytes) -> _Found | None:
        """What was found, or ``None`` when this is not remembered."""
        kept = self._items.get(key)
        if kept is None:
            return None
        self._items.move_to_end(key)
        return kept[0]

    def put(self, key: bytes, found: _Found, spans: int) -> None:
        """Remember ``found``, which holds so many spans."""
        _, before = self._items.pop(key, (None, 0))
        self._items[key] = found, spans
        self._spans += spans - before
        while len(self._items) > self._entries or self._spans > self._max_spans:
            _, (_, forgotten) = self._items.popitem(last=False)
            self._spans -= forgotten
