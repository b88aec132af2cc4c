"""A bound on the requests that one credential has under way."""

from collections import Counter

from gateway.errors import RateLimited
from gateway.types import Principal


class ConcurrencySlot:
    """One place among a credential's requests; ``settle`` gives it back, once."""

    def __init__(self, held: Counter[str], credential_id: str) -> None:
        self._held = held
        self._credential_id: str | None = credential_id

    def settle(self) -> None:
        """Give the place back. Further calls do nothing: several ends of a request may meet here."""
        if self._credential_id is None:
            return
        self._held[self._credential_id] -= 1
        if not self._held[self._credential_id]:
            del self._held[self._credential_id]
        self._credential_id = None


class Concurrency:
    """Counts requests under way per credential, in this process."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: Counter[str] = Counter()

    def reserve(self, principal: Principal) -> ConcurrencySlot:
        """Take a place.

        Raises:
            RateLimited: when the credential has ``limit`` requests under way already.
        """
        if self._held[principal.credential_id] >= self._limit:
            raise RateLimited(
                f"This key has {self._limit} requests under way, which is its limit. "
                "Wait for one to end.",
                retry_after=1,
            )
        self._held[principal.credential_id] += 1
        return ConcurrencySlot(self._held, principal.credential_id)
