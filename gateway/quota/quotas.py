"""Reserve what a request may use before the work, settle what it did use after it."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import BudgetExhausted, LimitExceeded, RateLimited
from gateway.exchange import Exchange, QuotaStatus
from gateway.quota.concurrency import Concurrency, ConcurrencySlot
from gateway.quota.counters import QuotaCounters
from gateway.quota.estimate import bound, estimate
from gateway.quota.harvest import HarvestGuard
from gateway.quota.rules import Booked, Tokens, available_at, bookings, ceiling, spent
from gateway.settings.quotas import Price, Quota
from gateway.state.base import Grant
from gateway.types import Call, Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What a model's requests may come to."""

    model: str
    """The model's configured name, whatever alias was asked for."""
    deployments: tuple[str, ...]


class Reservation:
    """What one request holds: a place, and an amount on each counter. ``settle`` ends it, once."""

    def __init__(
        self,
        counters: QuotaCounters,
        place: ConcurrencySlot,
        hold: str,
        scope: str,
        prices: Mapping[str, Price],
    ) -> None:
        self.output_tokens: int | None = None
        """The bound to send upstream for each choice, when something counts tokens or money."""
        self._ledger = counters
        self._place = place
        self._hold = hold
        self._scope = scope
        self._prices = prices
        self._booked: tuple[Booked, ...] = ()
        self._reserved = Tokens(input=0, output=0)
        self._granted = False
        self._settled = False

    def book(self, booked: tuple[Booked, ...], reserved: Tokens) -> None:
        """What is about to be reserved: from now on ``settle`` gives it back."""
        self._booked = booked
        self._reserved = reserved

    def granted(self) -> None:
        """The counters hold it. Until then nothing is known, and nothing is what ``settle`` books."""
        self._granted = True

    def settle(self, exchange: Exchange) -> None:
        """Give the place back and book the truth. Further calls do nothing: several ends of a request meet here."""
        if self._settled:
            return
        self._settled = True
        self._place.settle()
        if self._booked:
            price = self._prices.get(exchange.deployment.name) if exchange.deployment else None
            actual = spent(self._booked, _used(exchange, self._reserved), price)
            if not self._granted:
                actual = (0,) * len(actual)
            requested = [entry.booking for entry in self._booked]
            self._ledger.settle(self._scope, self._hold, requested, actual)


class Quotas:
    """The quotas of one gateway.

    Args:
        quotas: as configured.
        prices: of each deployment that has one.
        counters: the counters.
        concurrency: the bound on requests under way.
        harvest: which models count different prompts.
        default_output_tokens: output tokens to reserve when the caller names no bound.
        now: the wall clock.
    """

    def __init__(
        self,
        quotas: Iterable[Quota],
        *,
        prices: Mapping[str, Price],
        counters: QuotaCounters,
        concurrency: Concurrency,
        harvest: HarvestGuard,
        default_output_tokens: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._quotas = tuple(quotas)
        self._prices = prices
        self._ledger = counters
        self._concurrency = concurrency
        self._harvest = harvest
        self._default_output_tokens = default_output_tokens
        self._now = now

    def ready(self, *, shared: bool) -> bool:
        """Whether requests can be counted; ``shared`` says whether the store answers."""
        if shared:
            self._ledger.store_recovered()
        return shared or not self._quotas or self._ledger.in_grace_period()

    async def reserve(
        self, principal: Principal, call: Call, sizes: Sizes, exchange: Exchange
    ) -> Reservation:
        """Take a place and book the most that the request may use, on every counter or on none.

        Raises:
            RateLimited, BudgetExhausted: a quota does not cover the request; nothing was booked.
            StateUnavailable: the counters are out of reach.
        """
        place = self._concurrency.reserve(principal)
        held = Reservation(self._ledger, place, exchange.request_id, principal.tenant, self._prices)
        try:
            await self._book(held, principal, call, sizes, exchange)
        except LimitExceeded:
            # Nothing was booked, so there is nothing to settle.
            place.settle()
            raise
        except BaseException:
            # Whether it was booked is not known: the truth, which is nothing, is settled all the same.
            held.settle(exchange)
            raise
        return held

    async def _book(
        self,
        held: Reservation,
        principal: Principal,
        call: Call,
        sizes: Sizes,
        exchange: Exchange,
    ) -> None:
        now = self._now()
        tokens = estimate(call, self._default_output_tokens)
        prices = [self._prices[name] for name in sizes.deployments if name in self._prices]
        booked = bookings(
            self._quotas,
            principal=principal,
            model=sizes.model,
            tokens=tokens,
            prices=prices,
            now=now,
        )
        distinct_entry = self._harvest.distinct_entry(principal, call, sizes.model)
        exchange.harvest = self._harvest.statuses(sizes.model, None)
        if not booked and distinct_entry is None:
            return
        held.book(booked, tokens)
        if any(entry.quota.count != "requests" for entry in booked):
            held.output_tokens = bound(call, self._default_output_tokens)
        requested = [entry.booking for entry in booked]
        grant = await self._ledger.reserve(
            principal.tenant, exchange.request_id, requested, distinct_entry
        )
        exchange.quota_statuses = _statuses(booked, grant)
        if grant.refused is not None:
            raise _refusal(booked[grant.refused], grant, now)
        held.granted()
        exchange.harvest = self._harvest.statuses(sizes.model, grant.over)


def _used(exchange: Exchange, reserved: Tokens) -> Tokens:
    """What the model server told; else the most that what was sent and what came back can have been."""
    if exchange.usage is not None:
        return Tokens(input=exchange.usage.input_tokens, output=exchange.usage.output_tokens)
    if not exchange.sent:
        return Tokens(input=0, output=0)
    return Tokens(input=reserved.input, output=min(reserved.output, exchange.output_bytes))


def _statuses(booked: tuple[Booked, ...], grant: Grant) -> tuple[QuotaStatus, ...]:
    return tuple(
        QuotaStatus(
            quota=entry.quota.name,
            count=entry.quota.count,
            limit=ceiling(entry.quota),
            remaining=max(0, ceiling(entry.quota) - used),
            resets=entry.resets,
            warn=used >= entry.quota.warn_at * ceiling(entry.quota),
        )
        for entry, used in zip(booked, grant.used, strict=True)
    )


def _refusal(entry: Booked, grant: Grant, now: float) -> LimitExceeded:
    quota = entry.quota
    if quota.count == "concurrent":
        message = f"As many requests are under way as the quota {quota.name!r} allows. Wait for one to end."
        return RateLimited(message, retry_after=1)
    wait = max(1, math.ceil(available_at(entry, grant.frees) - now))
    message = f"The quota {quota.name!r} of {quota.count} does not cover this request."
    if entry.booking.amount > entry.booking.limit:
        message += (
            " It is smaller than this request alone: ask for fewer output tokens, or send less."
        )
    elif quota.window_seconds is None:
        message += f" It begins anew in {wait} seconds."
    else:
        message += f" Try again in {wait} seconds."
    kind = RateLimited if quota.window_seconds is not None else BudgetExhausted
    return kind(message, retry_after=wait)
