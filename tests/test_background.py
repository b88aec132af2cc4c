"""Background tasks continue after failures and report them; closing takes bounded time."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import structlog

from gateway import timeouts
from gateway.background import Background, Finished, close_in_time

HEALTHY = {"healthy": True, "failures": 0, "error": ""}


class Listener:
    def __init__(self) -> None:
        self.events: list[str] = []

    def background_failed(self, task: str) -> None:
        self.events.append(f"{task} failed")

    def background_recovered(self, task: str) -> None:
        self.events.append(f"{task} recovered")


class Step:
    """Raises the given errors, one a round; then it succeeds."""

    def __init__(self, *errors: BaseException) -> None:
        self.errors = list(errors)
        self.rounds = 0

    async def __call__(self) -> None:
        self.rounds += 1
        if self.errors:
            raise self.errors.pop(0)


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not true():
            await asyncio.sleep(0.005)


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timeouts, "BACKGROUND_MIN_BACKOFF", 0.01)
    monkeypatch.setattr(timeouts, "CLOSE", 0.05)
    monkeypatch.setattr(timeouts, "PART_CLOSE", 0.05)


@pytest.mark.parametrize(
    "error", [KeyError("user text"), asyncio.CancelledError(), TimeoutError()], ids=repr
)
async def test_B40_a_loop_continues_after_any_exception(error: BaseException) -> None:
    listener, step = Listener(), Step(error, ValueError("more of it"))
    background = Background(listener)
    with structlog.testing.capture_logs() as logged:
        task = background.every("poll", lambda: 0.01, step)
        task.start()
        await until(lambda: step.rounds >= 4)
        assert background.health() == {"poll": HEALTHY}
        await task.close()
    assert listener.events == ["poll failed", "poll failed", "poll recovered"]
    assert [line["event"] for line in logged] == [
        "background_failed",
        "background_failed",
        "background_recovered",
    ]
    assert [line.get("error_type") for line in logged[:2]] == [type(error).__name__, "ValueError"]
    assert logged[0]["task"] == "poll"
    assert logged[0]["where"].startswith("test_background.py:")
    assert "user text" not in str(logged)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("faulty", ["step", "interval"])
async def test_B40_a_loop_continues_after_an_error_before_its_step_awaits(
    faulty: str, at_once: bool
) -> None:
    calls = {"step": 0, "interval": 0}

    def call(which: str) -> None:
        calls[which] += 1
        if which == faulty and calls[which] == 1:
            raise OverflowError

    def step() -> Awaitable[None]:
        call("step")
        return asyncio.sleep(0)

    def interval() -> float:
        call("interval")
        return 0.01

    listener = Listener()
    background = Background(listener)
    task = background.every("poll", interval, step, at_once=at_once)
    task.start()
    await until(lambda: calls["step"] >= 3)
    assert background.health() == {"poll": HEALTHY}
    await task.close()
    assert listener.events == ["poll failed", "poll recovered"]


async def test_health_reports_a_failure_until_a_round_succeeds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeouts, "BACKGROUND_MIN_BACKOFF", 60.0)
    background, step = Background(), Step(KeyError(), KeyError())
    task = background.every("poll", lambda: 60.0, step, at_once=True)
    task.start()
    await until(lambda: step.rounds == 1)
    assert background.health() == {"poll": {"healthy": False, "failures": 1, "error": "KeyError"}}
    task.trigger()
    await until(lambda: step.rounds == 2)
    assert background.health()["poll"]["failures"] == 2
    task.trigger()
    await until(lambda: step.rounds == 3)
    assert background.health() == {"poll": HEALTHY}
    await task.close()
    assert background.health() == {}


async def test_pauses_grow_while_a_task_fails_and_have_a_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timeouts, "BACKGROUND_MAX_BACKOFF", 0.06)
    task = Background().every("poll", lambda: 0.0, Step())
    pauses = []
    for _ in range(100):
        task._failed(_raised())
        pauses.append(task._backoff())
    assert pauses[:4] == [0.01, 0.02, 0.04, 0.06]
    assert set(pauses[3:]) == {0.06}


def _raised() -> KeyError:
    try:
        raise KeyError
    except KeyError as error:
        return error


async def test_a_round_that_takes_too_long_is_unhealthy_unless_it_may_take_any_time() -> None:
    background, released = Background(), asyncio.Event()
    bound = background.every("bound", lambda: 60.0, released.wait, at_once=True, round_seconds=0.0)
    free = background.every("free", lambda: 60.0, released.wait, at_once=True, round_seconds=None)
    for task in (bound, free):
        task.start()
    await until(lambda: not bound.healthy)
    assert free.healthy
    released.set()
    await until(lambda: bound.healthy)
    for task in (bound, free):
        await task.close()


async def test_a_task_that_was_cancelled_from_outside_is_unhealthy() -> None:
    task = Background().every("poll", lambda: 60.0, Step())
    task.start()
    assert task._task is not None
    task._task.cancel()
    await until(lambda: not task.healthy)
    await task.close()


async def test_without_an_interval_it_waits_until_it_is_triggered() -> None:
    step = Step()
    task = Background().every("poll", lambda: None, step)
    task.start()
    await asyncio.sleep(0.02)
    assert step.rounds == 0
    task.trigger()
    await until(lambda: step.rounds == 1)
    await task.close()


async def test_a_step_can_end_its_loop_and_the_loop_can_start_again() -> None:
    background, step = Background(), Step(Finished(), Finished())
    task = background.every("poll", lambda: 0.0, step, at_once=True)
    for rounds in (1, 2):
        task.start()
        assert await task.finished(10)
        assert step.rounds == rounds
        assert background.health() == {}
    await task.close()


async def test_finished_is_false_while_the_loop_runs() -> None:
    task = Background().every("poll", lambda: 0.01, Step())
    assert await task.finished(0)
    task.start()
    assert not await task.finished(0.02)
    await task.close()


async def test_the_second_task_of_a_name_gets_a_number() -> None:
    background = Background()
    tasks = [background.every("issuer", lambda: 60.0, Step()) for _ in range(2)]
    for task in tasks:
        task.start()
    assert list(background.health()) == ["issuer", "issuer:2"]
    for task in tasks:
        await task.close()


def stubborn(released: asyncio.Event) -> Callable[[], Awaitable[None]]:
    """Swallows every cancellation, as libraries sometimes do."""

    async def wait() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    return wait


async def test_B41_a_loop_that_ignores_its_cancellation_is_logged_and_left() -> None:
    released = asyncio.Event()
    task = Background().every("stubborn", lambda: 0.0, stubborn(released), at_once=True)
    task.start()
    running = task._task
    assert running is not None
    await asyncio.sleep(0)
    with structlog.testing.capture_logs() as logged:
        await task.close()
    assert [(line["event"], line["part"]) for line in logged] == [("close_failed", "stubborn")]
    assert not running.done()
    released.set()
    await running  # its round is the last one


async def test_a_failed_job_does_not_affect_others() -> None:
    listener, step = Listener(), Step(KeyError(), asyncio.CancelledError())
    background = Background(listener)
    jobs = background.jobs("settlements")
    for _ in range(2):
        jobs.spawn(step())
    await until(lambda: not jobs.tasks)
    assert background.health()["settlements"]["error"] == "CancelledError"
    jobs.spawn(step())
    await until(lambda: not jobs.tasks)
    assert background.health() == {"settlements": HEALTHY}
    assert listener.events == [*["settlements failed"] * 2, "settlements recovered"]
    await jobs.close()
    assert background.health() == {}


async def test_jobs_are_waited_for_and_then_cancelled() -> None:
    jobs, released = Background().jobs("settlements"), asyncio.Event()
    jobs.spawn(asyncio.sleep(0.02))
    jobs.spawn(_forever())
    await jobs.close(grace=0.1)
    assert jobs.tasks == set()
    jobs.spawn(stubborn(released)())  # type: ignore[arg-type]
    await asyncio.sleep(0)
    (left,) = jobs.tasks
    with structlog.testing.capture_logs() as logged:
        await jobs.close()
    assert [line["part"] for line in logged] == ["settlements"]
    released.set()
    await left


async def test_a_job_that_is_cancelled_before_it_runs_leaves_no_warning() -> None:
    jobs = Background().jobs("settlements")
    jobs.spawn(_forever())
    await jobs.close()
    assert jobs.tasks == set()


async def _forever() -> None:
    await asyncio.Event().wait()


async def _fails() -> None:
    raise OSError("user text")


async def _cancelled() -> None:
    raise asyncio.CancelledError


async def _closes() -> None: ...


@pytest.mark.parametrize(
    ("close", "error_type"),
    [
        (_closes, None),
        (_forever, "TimeoutError"),
        (_fails, "OSError"),
        (_cancelled, "CancelledError"),
    ],
)
async def test_B41_a_part_that_does_not_close_is_logged_and_left(
    close: Callable[[], object], error_type: str | None
) -> None:
    with structlog.testing.capture_logs() as logged:
        closed = await close_in_time("audit", close)  # type: ignore[arg-type]
    assert closed is (error_type is None)
    named = [(line["event"], line["part"], line["error_type"]) for line in logged]
    assert named == ([] if error_type is None else [("close_failed", "audit", error_type)])
    assert "user text" not in str(logged)
