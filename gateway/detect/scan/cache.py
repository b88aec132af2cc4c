"""A cache of what was found in a text, or in a whole request, that does not hold the text.

A chat sends its whole history again with every turn. The cache key is a keyed hash under the tenant's own key, so it
reveals neither the text nor that two tenants sent the same one; the value is offsets.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final, Generic, TypeVar

_Found = TypeVar("_Found")

_DIGEST: Final = 16
_SPANS_PER_ENTRY: Final = 8


class CacheKeys:
    """Derives cache keys from one tenant's key.

    Args:
        key: the tenant's key, at most 64 bytes (BLAKE2b, RFC 7693).
        revision: the detectors' revision; a new one makes all entries unreachable.
    """

    def __init__(self, key: bytes, revision: str) -> None:
        self._keyed = hashlib.blake2b(key=key, digest_size=_DIGEST)
        self._keyed.update(b"%d:%s" % (len(revision), revision.encode()))

    def derive(self, text: bytes, *context: str) -> bytes:
        """The cache key of a text in a context."""
        digest = self._keyed.copy()
        # With the length before each part, ("a", "bc") and ("ab", "c") are different input.
        digest.update("".join([f"{len(part)}:{part}" for part in context]).encode(errors="replace"))
        digest.update(text)
        return digest.digest()


def combined_key(keys: Sequence[bytes]) -> bytes:
    """The cache key of a sequence of texts, from the key of each."""
    return hashlib.blake2b(b"".join(keys), digest_size=_DIGEST).digest()


class SpanCache(Generic[_Found]):
    """A least-recently-used cache, bounded by the number of entries and by the number of spans in all of them.

    Args:
        entries: maximum number of entries; 0 disables the cache.
    """

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._max_spans = entries * _SPANS_PER_ENTRY
        self._spans = 0
        self._items: OrderedDict[bytes, tuple[_Found, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._items)

    def get(self, key: bytes) -> _Found | None:
        """What was found, or ``None`` if the cache does not have it."""
        item = self._items.get(key)
        if item is None:
            return None
        self._items.move_to_end(key)
        return item[0]

    def put(self, key: bytes, found: _Found, spans: int) -> None:
        """Store ``found``, which has the given number of spans."""
        # Entries alone are no bound: one text may have thousands of findings.
        _, before = self._items.pop(key, (None, 0))
        self._items[key] = found, spans
        self._spans += spans - before
        while len(self._items) > self._entries or self._spans > self._max_spans:
            _, (_, removed) = self._items.popitem(last=False)
            self._spans -= removed
