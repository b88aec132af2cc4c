"""A bound on the requests that one credential has in flight."""

from collections import Counter

from gateway.errors import RateLimited
from gateway.types import Principal


class ConcurrencySlot:
    """One of a credential's slots; ``settle`` releases it, once."""

    def __init__(self, held: Counter[str], credential_id: str) -> None:
        self._held = held
        self._credential_id: str | None = credential_id

    def settle(self) -> None:
        """Release the slot. Further calls do nothing: a request may end in several ways at once."""
        if self._credential_id is None:
            return
        self._held[self._credential_id] -= 1
        # Without idle credentials the counter stays as small as the number of requests in flight.
        if not self._held[self._credential_id]:
            del self._held[self._credential_id]
        self._credential_id = None


class Concurrency:
    """Counts the requests in flight of each credential, in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: Counter[str] = Counter()

    def reserve(self, principal: Principal) -> ConcurrencySlot:
        """Take a slot.

        Raises:
            RateLimited: the credential has ``limit`` requests in flight already.
        """
        if self._held[principal.credential_id] >= self._limit:
            raise RateLimited(
                f"This key has {self._limit} requests in flight, which is its limit. "
                "Wait for one to end.",
                retry_after=1,
            )
        # No await since the check: two requests can't both take the last slot.
        self._held[principal.credential_id] += 1
        return ConcurrencySlot(self._held, principal.credential_id)
