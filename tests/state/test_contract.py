"""The contract of shared state, on every implementation: memory, and real Redis alone, with Sentinel, in a Cluster."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
import pytest_asyncio

from gateway.settings.state import State as StateSettings
from gateway.state.base import AmountRefused, Booking, DistinctEntry, State
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState
from tests.parts.redis import RedisServer, certificates, cluster, sentinel

KINDS = ("memory", "one", "tls", "sentinel", "cluster")


async def _server(kind: str, folder: Path, stack: AsyncExitStack) -> StateSettings:
    if kind == "sentinel":
        url, _, _ = await stack.enter_async_context(sentinel(folder))
        return StateSettings(url=url)
    if kind == "cluster":
        nodes = await stack.enter_async_context(cluster(folder))
        return StateSettings(url=f"redis+cluster://127.0.0.1:{nodes[0].port}")
    if kind == "tls":
        return await _with_tls_and_acl(folder, stack)
    server = await stack.enter_async_context(RedisServer(folder))
    return StateSettings(url=server.url)


async def _with_tls_and_acl(folder: Path, stack: AsyncExitStack) -> StateSettings:
    """Mutual TLS, and a user who may do what docs/state.md says and no more."""
    made = certificates(folder)
    (folder / "password").write_text("s3cret\n")
    server = RedisServer(
        folder,
        f"tls-ca-cert-file {made}/ca.pem",
        f"tls-cert-file {made}/server.pem",
        f"tls-key-file {made}/server.key",
        "tls-auth-clients yes",
        "user default off",
        "user gateway on >s3cret ~sekisho:* resetchannels -@all +@read +@write +@scripting +info +ping -@dangerous +info",
        tls=True,
    )
    await stack.enter_async_context(server)
    return StateSettings(
        url=server.url,
        username="gateway",
        password_file=folder / "password",
        ca_file=made / "ca.pem",
        cert_file=made / "client.pem",
        key_file=made / "client.key",
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=KINDS)
async def state(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[State]:
    async with AsyncExitStack() as stack:
        made: State = MemoryState()
        if request.param != "memory":
            folder = tmp_path_factory.mktemp(request.param)
            # A busy machine may take longer than a request would be given.
            settings = await _server(request.param, folder, stack)
            made = RedisState(settings.model_copy(update={"timeout_ms": 20_000}))
        await made.start()
        stack.push_async_callback(made.close)
        yield made


pytestmark = pytest.mark.asyncio(loop_scope="module")


def booking(
    counter: str, amount: int, limit: int = 10, *, bucket: int = 5, oldest: int = 0
) -> Booking:
    return Booking(
        counter=counter,
        bucket=bucket,
        oldest=oldest,
        amount=amount,
        limit=limit,
        expires=time.time() + 60,
    )


def distinct_entry(name: str, number: int, *, limit: int, seconds: float = 60) -> DistinctEntry:
    return DistinctEntry(name=name, member=b"%d" % number, limit=limit, seconds=seconds)


async def test_it_is_ready(state: State) -> None:
    assert await state.ready()


async def test_all_is_booked_or_nothing(state: State) -> None:
    roomy, tight = booking("roomy", 4), booking("tight", 4, limit=5)
    first = await state.reserve("acme", "all-1", [roomy, tight])
    assert (first.used, first.refused) == ((4, 4), None)
    second = await state.reserve("acme", "all-2", [roomy, tight])
    assert (second.used, second.refused) == ((4, 4), 1)
    assert (await state.reserve("acme", "all-3", [roomy])).used == (8,)


async def test_a_hold_that_comes_again_books_nothing_more(state: State) -> None:
    bookings = [booking("again", 6)]
    first = await state.reserve("acme", "again-1", bookings)
    assert await state.reserve("acme", "again-1", bookings) == first
    assert (await state.reserve("acme", "again-2", [booking("again", 4)])).used == (10,)


async def test_the_truth_replaces_the_estimate_once(state: State) -> None:
    bookings = [booking("truth", 8)]
    await state.reserve("acme", "truth-1", bookings)
    assert await state.settle("acme", "truth-1", bookings, [3])
    assert not await state.settle("acme", "truth-1", bookings, [0])
    assert (await state.reserve("acme", "truth-2", [booking("truth", 7)])).used == (10,)


async def test_a_hold_that_was_settled_can_not_be_reserved_after_it(state: State) -> None:
    bookings = [booking("late", 8)]
    assert await state.settle("acme", "late-1", bookings, [0])
    assert (await state.reserve("acme", "late-1", bookings)).granted
    assert (await state.reserve("acme", "late-2", [booking("late", 10)])).used == (10,)


async def test_what_another_store_granted_is_booked_when_it_is_settled(state: State) -> None:
    bookings = [booking("elsewhere", 8)]
    assert await state.settle("acme", "elsewhere-1", bookings, [6])
    assert (await state.reserve("acme", "elsewhere-2", bookings)).refused == 0


async def test_buckets_before_the_oldest_do_not_count(state: State) -> None:
    await state.reserve("acme", "window-1", [booking("window", 9, bucket=1)])
    within = booking("window", 9, bucket=60, oldest=1)
    after = booking("window", 9, bucket=62, oldest=2)
    assert (await state.reserve("acme", "window-2", [within])).refused == 0
    assert (await state.reserve("acme", "window-3", [after])).granted


async def test_a_refusal_says_which_bucket_must_grow_old(state: State) -> None:
    for bucket, amount in ((1, 2), (2, 3), (3, 4)):
        await state.reserve("acme", f"frees-{bucket}", [booking("frees", amount, bucket=bucket)])
    assert (await state.reserve("acme", "frees-4", [booking("frees", 2)])).frees == 1
    assert (await state.reserve("acme", "frees-5", [booking("frees", 6)])).frees == 2
    assert (await state.reserve("acme", "frees-6", [booking("frees", 10)])).frees == 3
    assert (await state.reserve("acme", "frees-7", [booking("frees", 11)])).frees == -1


async def test_scopes_are_apart(state: State) -> None:
    assert (await state.reserve("acme", "apart", [booking("apart", 10)])).granted
    assert (await state.reserve("globex", "apart", [booking("apart", 10)])).granted


async def test_many_at_once_never_pass_the_limit(state: State) -> None:
    grants = await asyncio.gather(
        *(state.reserve("acme", f"many-{n}", [booking("many", 3)]) for n in range(50))
    )
    assert sum(grant.granted for grant in grants) == 3


async def test_amounts_of_money_are_exact(state: State) -> None:
    large = booking("money", 2**52 + 1, limit=2**53)
    assert (await state.reserve("acme", "money-1", [large])).used == (2**52 + 1,)
    await state.settle("acme", "money-1", [large], [2**52 + 2])
    assert (await state.reserve("acme", "money-2", [booking("money", 1, limit=2**53)])).used == (
        2**52 + 3,
    )


async def test_revocations_last_until_their_time(state: State) -> None:
    soon, later = time.time() + 0.2, time.time() + 60
    await state.revoke("brief", soon)
    await state.revoke("long", later)
    await state.revoke("long", soon)
    assert (await state.revocations()).keys() >= {"brief", "long"}
    await asyncio.sleep(0.3)
    assert "brief" not in await state.revocations()
    assert (await state.revocations())["long"] == pytest.approx(later)


async def test_distinct_members_are_counted_about_right_and_for_a_time(state: State) -> None:
    over = [
        (
            await state.reserve("acme", f"d{n}", [], distinct_entry("traces", n % 400, limit=300))
        ).over
        for n in range(800)
    ]
    assert over.index(True) == pytest.approx(300, rel=0.08)
    assert set(over[400:]) == {True}
    assert not (await state.reserve("acme", "e", [], distinct_entry("traces", 0, limit=440))).over
    assert (await state.reserve("acme", "f", [], distinct_entry("traces", 0, limit=360))).over
    await state.reserve("acme", "g", [], distinct_entry("short", 1, limit=1, seconds=0.2))
    await asyncio.sleep(0.3)
    assert not (await state.reserve("acme", "h", [], distinct_entry("short", 2, limit=1))).over


async def test_what_is_sighted_is_added_once_with_what_is_booked_or_not_at_all(
    state: State,
) -> None:
    def seen(number: int) -> DistinctEntry:
        return distinct_entry("one", number, limit=1)

    first = await state.reserve("acme", "s1", [booking("s", 3, limit=5)], seen(1))
    again = await state.reserve("acme", "s1", [booking("s", 3, limit=5)], seen(1))
    assert (first.used, first.over) == (again.used, again.over) == ((3,), False)
    refused = await state.reserve("acme", "s2", [booking("s", 3, limit=5)], seen(2))
    assert (refused.refused, refused.over) == (0, None)
    assert not (await state.reserve("acme", "s3", [booking("s", 1, limit=5)], seen(1))).over
    assert (await state.reserve("acme", "s4", [booking("s", 1, limit=5)], seen(2))).over
    assert not (await state.reserve("globex", "s5", [], seen(2))).over
    assert (await state.reserve("acme", "s6", [booking("s", 0)])).over is None


async def test_entries_are_kept_for_a_time_and_forgotten(state: State) -> None:
    await state.put("acme", "entry", b"\x00\xff", 60)
    await state.put("acme", "brief", b"x", 0.2)
    assert await state.get("acme", "entry") == b"\x00\xff"
    assert await state.get("globex", "entry") is None
    await state.delete("acme", "entry")
    assert await state.get("acme", "entry") is None
    await asyncio.sleep(0.3)
    assert await state.get("acme", "brief") is None


@pytest.mark.parametrize("amount", [-1, 2**53 + 1, 10**30])
async def test_B35_what_can_not_be_counted_is_refused_before_anything_is_booked(
    state: State, amount: int
) -> None:
    scope = f"refused-{amount}"
    good, bad, fair = booking("good", 4), booking("bad", amount), booking("bad", 4)
    with pytest.raises(AmountRefused):
        await state.reserve(scope, "h1", [good, bad])
    assert (await state.reserve(scope, "h2", [good, fair])).used == (4, 4)
    with pytest.raises(AmountRefused):
        await state.settle(scope, "h2", [good, fair], [1, amount])
    assert await state.settle(scope, "h2", [good, fair], [1, 1])
