"""Which credentials were revoked: read from the shared state and the key file several times a second.

This process remembers what it has read, and writes it back into a store that has lost it.
"""

import time
from collections.abc import Callable
from typing import Any

from gateway import timeouts
from gateway.background import Background
from gateway.errors import ConfigError, IdentityUnavailable, StateUnavailable
from gateway.identity.keys.key_file import KeyFile
from gateway.state.base import State


class Revocations:
    """The known revocations, and when they were last read.

    Args:
        state: the shared store, to which other gateways and the command line write them.
        file: the key file, whose revoked keys are included; ``None`` for none.
        stale_seconds: how old the last successful read may be.
        log: a structlog logger.
        clock: a monotonic clock.
        background: runs the polling.
    """

    def __init__(
        self,
        state: State,
        file: KeyFile | None,
        *,
        stale_seconds: float,
        log: Any,
        clock: Callable[[], float] = time.monotonic,
        background: Background | None = None,
    ) -> None:
        self._state = state
        self._file = file
        self._stale = stale_seconds
        self._log = log
        self._clock = clock
        self._until: dict[str, float] = {}
        self._fresh_at = -float("inf")
        self._polling = (background or Background()).every(
            "revocations", lambda: timeouts.REVOCATIONS_POLL, self._poll
        )

    async def start(self) -> None:
        """Read the revocations now, and go on polling."""
        await self._poll()
        self._polling.start()

    async def close(self) -> None:
        """Stop polling."""
        await self._polling.close()

    def revoked(self, *names: str) -> bool:
        """Whether any of these is known to be revoked."""
        now = time.time()
        return any(self._until.get(name, 0.0) > now for name in names)

    def fresh(self) -> bool:
        """Whether the last successful read is recent enough."""
        return self._clock() - self._fresh_at < self._stale

    async def require_fresh(self) -> None:
        """Read now when the last read is too old.

        Raises:
            IdentityUnavailable: neither source can be read.
        """
        if not self.fresh():
            await self._poll()
        if not self.fresh():
            raise IdentityUnavailable(
                "It can't be determined now whether this key was revoked. Try again later."
            )

    async def _poll(self) -> None:
        # Before the call: a revocation that is made while it runs may not be in its result.
        started = self._clock()
        try:
            await self._refresh()
        # No error yet: `require_fresh` refuses once the list is too old.
        except StateUnavailable:
            return
        except ConfigError as error:
            self._log.error("key_file_unreadable", faults=len(error.faults))
            return
        self._fresh_at = started

    async def _refresh(self) -> None:
        revocations = await self._state.revocations()
        now = time.time()
        for name, until in revocations.items():
            # A store that was restored from an old copy must not shorten a revocation.
            self._until[name] = max(until, self._until.get(name, 0.0))
        if self._file is not None:
            self._file.refresh()
            for prefix in self._file.revoked():
                self._until.setdefault(prefix, now + timeouts.REVOKED_FOREVER)
        self._until = {name: until for name, until in self._until.items() if until > now}
        # A store that was wiped or failed over has lost revocations that are still valid.
        # A copy: a request may poll as well, through `require_fresh`, while the store is awaited here.
        for name, until in list(self._until.items()):
            if name not in revocations:
                await self._state.revoke(name, until)
