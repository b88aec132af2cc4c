"""Which credentials were revoked: learnt from the shared state and the key file several times a second.

What this process has learnt it keeps, and puts back into a store that has lost it.
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
    """News of revocations, and how old it is.

    Args:
        state: where other gateways and the command line tell them.
        file: whose own marks count too.
        stale_seconds: how old the news may be.
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
        """Learn what there is, and go on learning."""
        await self._poll()
        self._polling.start()

    async def close(self) -> None:
        """Stop learning."""
        await self._polling.close()

    def revoked(self, *names: str) -> bool:
        """Whether any of these is known to be revoked."""
        now = time.time()
        return any(self._until.get(name, 0.0) > now for name in names)

    def fresh(self) -> bool:
        """Whether the news is young enough to rely on."""
        return self._clock() - self._fresh_at < self._stale

    async def require_fresh(self) -> None:
        """Look now when the news is old.

        Raises:
            IdentityUnavailable: there is no news to be had.
        """
        if not self.fresh():
            await self._poll()
        if not self.fresh():
            raise IdentityUnavailable(
                "Whether this key was revoked can't be established now. Try again later."
            )

    async def _poll(self) -> None:
        started = self._clock()
        try:
            await self._refresh()
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
            self._until[name] = max(until, self._until.get(name, 0.0))
        if self._file is not None:
            self._file.refresh()
            for prefix in self._file.revoked():
                self._until.setdefault(prefix, now + timeouts.REVOKED_FOREVER)
        self._until = {name: until for name, until in self._until.items() if until > now}
        for name, until in self._until.items():
            if name not in revocations:
                await self._state.revoke(name, until)
