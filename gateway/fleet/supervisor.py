"""The supervisor: starts the workers, keeps them running and on one revision, and stops them gracefully.

It serves no requests itself. The public socket is opened once and inherited, so that connections in its queue are
not lost when a worker ends.
"""

import asyncio
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog

from gateway import timeouts
from gateway.app import Gateway
from gateway.background import Background, Finished, TaskHealth
from gateway.errors import NotReady
from gateway.fleet.channel import Channel, ChannelClosed
from gateway.fleet.shared_folder import METRICS_FOLDER, FleetMetrics, SharedFolder


class Worker:
    """One of the workers: a process, and its replacement when it ends."""

    def __init__(
        self, number: int, share: SharedFolder, order: Callable[[], Mapping[str, Any]], port: int
    ) -> None:
        self.number = number
        self.revision = ""
        """The policy revision that it uses, as last reported."""
        self.draining: list[str] = []
        """The deployments to which it sends no new requests, as last reported."""
        self._share = share
        self._startup_message = order
        self._listener = port
        self._process: asyncio.subprocess.Process | None = None
        self._channel: Channel | None = None
        self.stopped = False

    @property
    def running(self) -> bool:
        """Whether it has started and not ended."""
        return self._channel is not None

    @property
    def pid(self) -> int:
        """Its process; 0 when there is none."""
        return self._process.pid if self._process is not None else 0

    async def run(self, ready: Callable[[], None]) -> None:
        """Start a process and wait for its end; ``ready`` is called once it serves."""
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self._process = await self._spawn(theirs.fileno())
            # The channel gets a copy; `with` closes this end even if no channel is opened.
            channel = await Channel.open(ours.dup())
        # `stop` may have been called before there was a process to signal.
        if self.stopped:
            self.signal(signal.SIGTERM)
        try:
            await channel.send({**self._startup_message(), "worker": self.number})
            async with asyncio.timeout(timeouts.WORKER_START):
                self._update(await channel.receive())
            self._channel = channel
            ready()
            await self._process.wait()
        except (ChannelClosed, TimeoutError):
            self.signal(signal.SIGKILL)
        finally:
            # First: no command is sent to a process that is ending.
            self._channel = None
            channel.close()
            await self._process.wait()
            ended, self._process = self._process.pid, None
            self._share.ended(ended)

    def stop(self) -> None:
        """Let it finish its requests and end, also while it is starting."""
        self.stopped = True
        self.signal(signal.SIGTERM)

    async def ask(
        self, command: str, seconds: float = timeouts.WORKER_ANSWER, **given: Any
    ) -> dict[str, Any]:
        """Send a command and return the answer; empty when there is none."""
        if self._channel is None:
            return {}
        try:
            answer = await self._channel.ask(command, seconds, **given)
        except ChannelClosed:
            return {}
        self._update(answer)
        return answer

    def _update(self, state: Mapping[str, Any]) -> None:
        self.revision, self.draining = state["revision"], state["draining"]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process, if there is one."""
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def _spawn(self, control: int) -> asyncio.subprocess.Process:
        handles = {"--control": control, "--listen": self._listener}
        options = [part for name, handle in handles.items() for part in (name, str(handle))]
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway", "worker", *options),
            pass_fds=list(handles.values()),
            env={**os.environ, METRICS_FOLDER: str(self._share.metrics)},
        )


class _WorkerTask:
    """Replaces a worker each time it ends, after a pause that grows while its replacements end soon.

    Args:
        worker: the worker to keep running.
        background: runs the loop.
        ended: called when a worker ended by itself, with the seconds until it is replaced.
    """

    def __init__(
        self, worker: Worker, background: Background, ended: Callable[[Worker, float], None]
    ) -> None:
        self._worker = worker
        self._ended = ended
        self._failures = 0
        self._seconds = 0.0
        self.task = background.every(
            f"worker {worker.number}",
            lambda: self._seconds,
            self._round,
            at_once=True,
            round_seconds=None,
        )

    async def _round(self) -> None:
        if self._worker.stopped:
            raise Finished
        began = time.monotonic()
        await self._worker.run(self.task.succeeded)
        if self._worker.stopped:
            raise Finished
        stable = time.monotonic() - began > timeouts.STABLE
        self._failures = 0 if stable else self._failures + 1
        pauses = timeouts.RESTART_BACKOFF
        self._seconds = pauses[min(max(self._failures, 1), len(pauses)) - 1]
        self._ended(self._worker, self._seconds)


class Supervisor:
    """The workers of one gateway.

    Args:
        gateway: the supervisor's own, which checks for newer policies and serves the admin port.
        share: the folder that it shares with its workers.
        listener: the public socket.
    """

    def __init__(self, gateway: Gateway, share: SharedFolder, listener: socket.socket) -> None:
        self._gateway = gateway
        self._router = gateway.pipeline.router
        self._share = share
        self._log = structlog.get_logger()
        self._listener = listener
        self._stopping = asyncio.Event()
        self.metrics = FleetMetrics(gateway.metrics, share.metrics)
        numbers = range(1, gateway.settings.workers + 1)
        self.workers = [
            Worker(number, share, self._startup_message, listener.fileno()) for number in numbers
        ]
        background = gateway.background
        self._reconciling = background.every(
            "reconcile",
            lambda: timeouts.RECONCILE,
            self._reconcile,
            at_once=True,
            # A worker may take up to `WORKER_START` to load new policies.
            round_seconds=2 * timeouts.WORKER_START,
        )
        self._worker_tasks = [
            _WorkerTask(worker, background, self._worker_ended).task for worker in self.workers
        ]

    async def run(self) -> None:
        """Keep the workers running until :meth:`stop`, then wait until they have finished, in bounded time."""
        self._publish_policies()
        tasks = [self._reconciling, *self._worker_tasks]
        try:
            for task in tasks:
                task.start()
            await self._stopping.wait()
            # Workers close their copies as well: while one is open, the kernel queues connections that are never accepted.
            self._listener.close()
            for worker, task in zip(self.workers, self._worker_tasks, strict=True):
                worker.stop()
                task.trigger()  # it may be in the pause before a replacement
            await asyncio.gather(*(task.finished(timeouts.SHUTDOWN) for task in self._worker_tasks))
        finally:
            self._signal(signal.SIGKILL)  # those that did not end in time
            await asyncio.gather(*(task.close() for task in tasks))

    def stop(self) -> None:
        """Let every worker finish its requests and end."""
        self._stopping.set()

    def reload(self) -> None:
        """Check for newer policies, and have the workers read their files again."""
        self._gateway.refresh_policy()
        for worker in self.workers:
            # One that is starting has no handler yet, and the signal would end it. It reads the newest files anyway.
            if worker.running:
                worker.signal(signal.SIGHUP)

    async def health(self) -> Mapping[str, bool]:
        """Whether each part works in every worker, each worker works, and all use the newest revision."""
        replies = await asyncio.gather(*(worker.ask("health") for worker in self.workers))
        answers = [reply.get("parts", {}) for reply in replies]
        parts = {name: True for answer in answers for name in answer}
        workers = {
            f"worker-{worker.number}": bool(answer) and all(answer.values())
            for worker, answer in zip(self.workers, answers, strict=True)
        }
        return {
            **{name: all(answer.get(name, False) for answer in answers) for name in parts},
            **workers,
            "one_revision": all(worker.revision == self._revision for worker in self.workers),
        }

    async def background_health(self) -> Mapping[str, TaskHealth]:
        """Each background task of this process, and of every worker that answers."""
        answers = await asyncio.gather(*(worker.ask("background") for worker in self.workers))
        tasks = self._gateway.background.health()
        for worker, answer in zip(self.workers, answers, strict=True):
            found: Mapping[str, TaskHealth] = answer.get("tasks", {})
            tasks |= {f"worker-{worker.number} {name}": task for name, task in found.items()}
        return tasks

    async def status(self) -> Mapping[str, Any]:
        """See :class:`~gateway.routing.router.Deployments`: the status in each worker that answers."""
        replies = await asyncio.gather(*(worker.ask("status") for worker in self.workers))
        answers = {
            f"worker-{one.number}": reply for one, reply in zip(self.workers, replies, strict=True)
        }
        return {
            name: {worker: answer["status"][name] for worker, answer in answers.items() if answer}
            for name in self._router.slots
        }

    async def drain(self, name: str, *, on: bool) -> None:
        """See :class:`~gateway.routing.router.Deployments`. The supervisor's own router holds the desired state."""
        await self._router.drain(name, on=on)
        await self._push_draining()
        draining = self._router.draining
        if any(worker.running and worker.draining != draining for worker in self.workers):
            raise NotReady(
                "Not every worker has confirmed the change yet. They are notified again. Try again."
            )

    async def _push_draining(self) -> None:
        """Notify the workers whose list of drained deployments differs, including one that has just started."""
        draining = self._router.draining
        differing = (one for one in self.workers if one.running and one.draining != draining)
        await asyncio.gather(*(worker.ask("hold", draining=draining) for worker in differing))

    @property
    def _revision(self) -> str:
        """The desired revision of the workers: the live one, and the candidate when there is one."""
        return "+".join(build.revision for _, build in self._builds())

    def _startup_message(self) -> Mapping[str, Any]:
        """The first message to a worker: its settings and the drained deployments."""
        settings = self._share.settings(self._gateway.settings)
        return {"settings": settings.model_dump(mode="json"), "draining": self._router.draining}

    def _worker_ended(self, worker: Worker, pause: float) -> None:
        self.metrics.ended()
        self._count()
        self._log.error("worker_ended", worker=worker.number, replaced_after_seconds=pause)

    async def _reconcile(self) -> None:
        """Bring every worker to the desired state, including one that has just started."""
        # First: at `refresh`, workers read the files that are published here.
        self._publish_policies()
        self._count()
        desired = self._revision
        behind = [one for one in self.workers if one.running and one.revision != desired]
        await self._push_draining()
        await asyncio.gather(*(worker.ask("refresh", timeouts.WORKER_START) for worker in behind))

    def _count(self) -> None:
        self.metrics.running(sum(worker.running for worker in self.workers))

    def _publish_policies(self) -> None:
        for role, build in self._builds():
            self._share.publish(role, build)

    def _builds(self) -> list[tuple[str, Any]]:
        pipeline = self._gateway.pipeline
        roles = {"live": pipeline.policy, "candidate": pipeline.candidate}
        return [
            (role, policy.current.build) for role, policy in roles.items() if policy is not None
        ]

    def _signal(self, number: signal.Signals) -> None:
        for worker in self.workers:
            worker.signal(number)
