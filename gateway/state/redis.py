"""Redis as the shared state: every call has a deadline, and a circuit breaker avoids waiting for a store that is down."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha1
from typing import Any, Final

from redis.exceptions import (
    NoScriptError,
    OutOfMemoryError,
    RedisClusterException,
    RedisError,
    ResponseError,
)

from gateway import timeouts
from gateway.background import Background
from gateway.breaker import Breaker
from gateway.errors import StateUnavailable
from gateway.settings.state import State as StateSettings
from gateway.state.base import AmountRefused, Booking, DistinctEntry, Grant, check_amounts
from gateway.state.redis_client import connect
from gateway.state.scripts import RESERVE, REVOKE, SETTLE

_FAILURES: Final = 3
_CONNECTIONS: Final = 16
_ENTRY_MEMORY_LIMIT: Final = 0.8
"""The share of the store's memory above which no entries are stored, so that they leave space for counters."""
_REVOKED: Final = "sekisho:revoked"
_PROBE: Final = "sekisho:probe"
_FULL: Final = "The shared state store is full. Try again later."
_REFUSED: Final = "The shared state store can't book this amount."
# Redis 7, src/t_hash.c and src/networking.c (shared objects). HINCRBY's, also within a script.
_BAD_AMOUNT: Final = ("would overflow", "not an integer", "out of range")
_UNAVAILABLE: Final = "The shared state store did not answer. Try again later."


class RedisState:
    """The state contract over Redis 7 or later.

    Args:
        settings: the address, the credentials, and the time-out of a call.
        now: the wall clock.
        background: checks the store's memory at intervals.

    Raises:
        ConfigError: no client can be made from the settings.
    """

    shared = True

    def __init__(
        self,
        settings: StateSettings,
        now: Callable[[], float] = time.time,
        background: Background | None = None,
    ) -> None:
        self._client, self._owned = connect(settings)
        self._seconds = settings.timeout_ms / 1000
        self._now = now
        self._breaker = Breaker(
            failures=_FAILURES, pause=timeouts.STATE_OPEN, trial_seconds=timeouts.STATE_OPEN
        )
        # Without a limit a burst would open a connection for each call, all of which a recovering store would receive.
        self._connections = asyncio.Semaphore(_CONNECTIONS)
        # Assumed until the first check: a store that evicts, and is full.
        self._noeviction = False
        self._has_room = False
        self._writable = False
        self._watching = (background or Background()).every(
            "state", lambda: timeouts.STATE_WATCH, self._check_memory
        )

    async def start(self) -> None:
        await self._check_memory()
        self._watching.start()

    async def close(self) -> None:
        await self._watching.close()
        for client in self._owned:
            await client.aclose()

    async def ready(self) -> bool:
        """Whether the store answers, can't evict and is not full. An evicted counter would reset a budget."""
        return await self._check_memory() and self._noeviction and self._writable

    async def reserve(
        self,
        scope: str,
        hold: str,
        bookings: Sequence[Booking],
        distinct_entry: DistinctEntry | None = None,
    ) -> Grant:
        limits = [booking.limit for booking in bookings]
        keys, arguments = _booking(scope, hold, _ms(timeouts.HOLD_LIFETIME), bookings, limits)
        if distinct_entry is not None:
            keys.append(_key(scope, "distinct", distinct_entry.name))
            arguments += [distinct_entry.member, _ms(distinct_entry.seconds)]
        refused, frees, distinct, *used = await self._script(RESERVE, keys, arguments)
        return Grant(
            used=tuple(used),
            refused=refused - 1 if refused else None,
            frees=frees,
            over=distinct > distinct_entry.limit
            if distinct_entry is not None and not refused
            else None,
        )

    async def settle(
        self, scope: str, hold: str, bookings: Sequence[Booking], spent: Sequence[int]
    ) -> bool:
        keys, arguments = _booking(scope, hold, _ms(timeouts.SETTLED_LIFETIME), bookings, spent)
        return bool(await self._script(SETTLE, keys, arguments))

    async def revoke(self, credential: str, until: float) -> None:
        await self._script(REVOKE, [_REVOKED], [credential, until, self._now()])

    async def revocations(self) -> Mapping[str, float]:
        now = self._now()
        rows = await self._call(
            lambda: self._client.zrangebyscore(_REVOKED, now, "+inf", withscores=True)
        )
        return {name.decode(): until for name, until in rows}

    async def put(self, scope: str, name: str, value: bytes, seconds: float) -> None:
        if not (self._noeviction and self._has_room):
            raise StateUnavailable(_UNAVAILABLE)
        key = _key(scope, "entry", name)
        await self._call(lambda: self._client.set(key, value, px=_ms(seconds)))

    async def get(self, scope: str, name: str) -> bytes | None:
        value: bytes | None = await self._call(lambda: self._client.get(_key(scope, "entry", name)))
        return value

    async def delete(self, scope: str, name: str) -> None:
        await self._call(lambda: self._client.delete(_key(scope, "entry", name)))

    async def _script(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        if not self._noeviction:
            raise StateUnavailable(_UNAVAILABLE)
        return await self._call(lambda: self._evaluate(script, keys, arguments))

    async def _evaluate(self, script: str, keys: list[str], arguments: list[Any]) -> Any:
        digest = sha1(script.encode(), usedforsecurity=False).hexdigest()
        try:
            return await self._client.evalsha(digest, len(keys), *keys, *arguments)
        except NoScriptError:  # a restarted server, or another node, has not cached the script
            return await self._client.eval(script, len(keys), *keys, *arguments)

    async def _call(self, command: Callable[[], Any]) -> Any:
        # Untyped: the library types replies as a union of everything that a server can send.
        if not self._breaker.admit():
            raise StateUnavailable(_UNAVAILABLE)
        try:
            async with asyncio.timeout(self._seconds), self._connections:
                answer = await command()
        except OutOfMemoryError:
            # The store answered: calls that need no memory still succeed.
            self._breaker.succeeded()
            raise StateUnavailable(_FULL) from None
        except ResponseError as error:
            raise self._answered(error) from None
        except (RedisError, RedisClusterException, OSError, TimeoutError):
            self._breaker.failed()
            raise StateUnavailable(_UNAVAILABLE) from None
        self._breaker.succeeded()
        return answer

    def _answered(self, error: ResponseError) -> StateUnavailable | AmountRefused:
        """The error for an error reply: most are a state of the store, and some are about a value."""
        if any(words in str(error) for words in _BAD_AMOUNT):
            self._breaker.succeeded()
            return AmountRefused(_REFUSED)
        self._breaker.failed()
        return StateUnavailable(_UNAVAILABLE)

    async def _check_memory(self) -> bool:
        """Update whether the store evicts, and whether it has free memory; return whether it answered."""
        try:
            info = await self._call(lambda: self._client.info("memory"))
        except StateUnavailable:
            return False
        # A Cluster answers with one report for each node.
        nodes = [info] if "maxmemory" in info else list(info.values())
        # Without `maxmemory` a node never evicts.
        bounded = [node for node in nodes if node["maxmemory"]]
        self._noeviction = all(node["maxmemory_policy"] == "noeviction" for node in bounded)
        self._has_room = all(
            node["used_memory"] <= _ENTRY_MEMORY_LIMIT * node["maxmemory"] for node in bounded
        )
        self._writable = not bounded or await self._write()
        return True

    async def _write(self) -> bool:
        """Whether the store accepts a write: a full store reports that only then."""
        try:
            await self._call(lambda: self._client.set(_PROBE, b"", px=_ms(timeouts.STATE_WATCH)))
        except StateUnavailable:
            return False
        return True


def _booking(
    scope: str, hold: str, keep_ms: int, bookings: Sequence[Booking], figures: Sequence[int]
) -> tuple[list[str], list[object]]:
    """Keys and arguments of the scripts that book; ``figures`` are the limits, or the amounts spent."""
    # A script that fails in the middle has booked a part.
    check_amounts(bookings, figures)
    keys = [_key(scope, "hold", hold)]
    arguments: list[object] = [keep_ms]
    for booking, figure in zip(bookings, figures, strict=True):
        keys.append(_key(scope, "counter", booking.counter))
        arguments += [booking.bucket, booking.oldest, booking.amount, figure]
        arguments.append(_ms(booking.expires))
    return keys, arguments


def _key(scope: str, kind: str, name: str) -> str:
    """The scope is the hash tag, so that a Cluster stores all keys of a scope on one node."""
    return f"sekisho:{{{scope or '-'}}}:{kind}:{name}"


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
