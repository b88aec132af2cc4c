"""Reserves what a request may use before it is served, and settles what it has used afterwards."""

import math
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from gateway.errors import BudgetExhausted, LimitExceeded, RateLimited
from gateway.exchange import Exchange, QuotaStatus, QuotaUse
from gateway.quota.bookings import Booked, Tokens, available_at, bookings, ceiling, spent
from gateway.quota.concurrency import Concurrency, ConcurrencySlot
from gateway.quota.counters import QuotaCounters
from gateway.quota.estimate import bound, estimate
from gateway.quota.harvest import HarvestGuard
from gateway.settings.quotas import Price, Quota
from gateway.state.base import Grant
from gateway.types import Call, Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """What bounds the tokens and the cost of a request."""

    model: str
    """The model's configured name, whatever alias was requested."""
    deployments: tuple[str, ...]


class Reservation:
    """What one request holds: a slot, and an amount on each counter. ``settle`` releases both, once."""

    def __init__(
        self,
        counters: QuotaCounters,
        slot: ConcurrencySlot,
        hold: str,
        scope: str,
        prices: Mapping[str, Price],
    ) -> None:
        self.use = QuotaUse()
        self.output_tokens: int | None = None
        """The bound to send upstream for each choice, when a quota counts tokens or money."""
        self._counters = counters
        self._slot = slot
        self._hold = hold
        self._scope = scope
        self._prices = prices
        self._booked: tuple[Booked, ...] = ()
        self._reserved = Tokens(input=0, output=0)
        self._granted = False
        self._settled = False

    def book(self, booked: tuple[Booked, ...], reserved: Tokens) -> None:
        """Note the amounts that are about to be reserved: from now on ``settle`` returns them."""
        self._booked = booked
        self._reserved = reserved

    def grant(self) -> None:
        """Note that the counters hold the amounts. Before this call, ``settle`` books nothing."""
        self._granted = True

    def settle(self, exchange: Exchange) -> None:
        """Release the slot and book what ``exchange`` used. Further calls do nothing: a request may end in two places."""
        price = self._prices.get(exchange.attempt.deployment.name) if exchange.attempt else None
        used = spent(self._booked, _used(exchange, self._reserved), price)
        self._end(used if self._granted else (0,) * len(used))

    def abandon(self) -> None:
        """Release the slot, and book nothing."""
        self._end((0,) * len(self._booked))

    def _end(self, used: tuple[int, ...]) -> None:
        if self._settled:
            return
        self._settled = True
        self._slot.settle()
        if self._booked:
            requested = [entry.booking for entry in self._booked]
            self._counters.settle(self._scope, self._hold, requested, used)


class Quotas:
    """The quotas of one gateway.

    Args:
        quotas: as configured.
        prices: of each deployment that has one.
        counters: the counters.
        concurrency: the bound on requests in flight.
        harvest: the models that count different prompts.
        default_output_tokens: output tokens to reserve when the caller sets no bound.
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
        self._counters = counters
        self._concurrency = concurrency
        self._harvest = harvest
        self._default_output_tokens = default_output_tokens
        self._now = now

    def ready(self, *, shared: bool) -> bool:
        """Whether requests can be counted. ``shared``: whether the store answers."""
        if shared:
            self._counters.store_recovered()
        return shared or not self._quotas or self._counters.in_grace_period()

    async def reserve(
        self, principal: Principal, call: Call, sizes: Sizes, request_id: str
    ) -> Reservation:
        """Take a slot and book the maximum that the request may use, on every counter or on none.

        Raises:
            RateLimited, BudgetExhausted: a quota does not cover the request; nothing was booked.
            StateUnavailable: the counters are unavailable.
        """
        slot = self._concurrency.reserve(principal)
        held = Reservation(self._counters, slot, request_id, principal.tenant, self._prices)
        try:
            await self._book(held, principal, call, sizes, request_id)
        except LimitExceeded:
            # Nothing was booked, so there is nothing to settle.
            slot.settle()
            raise
        except BaseException:
            # Whether the store holds the amounts is unknown: settling at zero is right in both cases.
            held.abandon()
            raise
        return held

    async def _book(
        self, held: Reservation, principal: Principal, call: Call, sizes: Sizes, request_id: str
    ) -> None:
        now = self._now()
        tokens = estimate(call, self._default_output_tokens)
        booked = self._bookings(principal, sizes, tokens, now)
        distinct_entry = self._harvest.distinct_entry(principal, call, sizes.model)
        held.use = QuotaUse(harvest=self._harvest.statuses(sizes.model, None))
        if not booked and distinct_entry is None:
            return
        # Before the call: if it is cancelled, the store may hold the amounts, and `abandon` returns them.
        held.book(booked, tokens)
        if any(entry.quota.count != "requests" for entry in booked):
            held.output_tokens = bound(call, self._default_output_tokens)
        requested = [entry.booking for entry in booked]
        grant = await self._counters.reserve(
            principal.tenant, request_id, requested, distinct_entry
        )
        statuses = _statuses(booked, grant)
        if grant.refused is not None:
            raise _refusal(booked[grant.refused], grant, now, statuses)
        held.grant()
        harvest = self._harvest.statuses(sizes.model, grant.over)
        held.use = QuotaUse(statuses=statuses, harvest=harvest)

    def _bookings(
        self, principal: Principal, sizes: Sizes, tokens: Tokens, now: float
    ) -> tuple[Booked, ...]:
        return bookings(
            self._quotas,
            principal=principal,
            model=sizes.model,
            tokens=tokens,
            prices=[self._prices[name] for name in sizes.deployments if name in self._prices],
            now=now,
        )


def _used(exchange: Exchange, reserved: Tokens) -> Tokens:
    """The usage that the model server reported, else an upper bound of what was sent and received."""
    usage, attempt = exchange.reply.usage, exchange.attempt
    if usage is not None:
        return Tokens(input=usage.input_tokens, output=usage.output_tokens)
    if attempt is None or not attempt.sent:
        return Tokens(input=0, output=0)
    # A token is at least one byte of UTF-8.
    output = min(reserved.output, exchange.reply.output_bytes)
    return Tokens(input=reserved.input, output=output)


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


def _refusal(
    entry: Booked, grant: Grant, now: float, statuses: tuple[QuotaStatus, ...]
) -> LimitExceeded:
    quota = entry.quota
    if quota.count == "concurrent":
        message = f"The quota {quota.name!r} of requests in flight is used up. Wait for one to end."
        return RateLimited(message, retry_after=1, statuses=statuses)
    wait = max(1, math.ceil(available_at(entry, grant.frees) - now))
    message = f"The quota {quota.name!r} of {quota.count} does not cover this request."
    if entry.booking.amount > entry.booking.limit:
        message += (
            " It is smaller than this request alone: ask for fewer output tokens, or send less."
        )
    elif quota.window_seconds is None:
        message += f" It resets in {wait} seconds."
    else:
        message += f" Try again in {wait} seconds."
    # A window frees capacity soon; the budget of a period does not, and is another error.
    kind = RateLimited if quota.window_seconds is not None else BudgetExhausted
    return kind(message, retry_after=wait, statuses=statuses)
