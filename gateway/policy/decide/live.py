"""The policy revision in use, and its replacement by another, as a whole and between two requests.

A request uses one revision from its facts to its decision. A revision that was replaced is closed when the
last request that uses it has its decision.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from gateway import timeouts
from gateway.background import Background
from gateway.policy.compile.build import Build
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.engine import Engine
from gateway.policy.decide.hosts import covered
from gateway.text.destination import provider_name
from gateway.types import Reason

_HOST_RULE: Final = "operator_denied"
"""The rule whose data lists the hosts and the providers that are refused."""
_REASON: Final = ("id", "title", "remedy", "mode", "code")

MakeEngine: TypeAlias = Callable[[Build], Engine]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Revision:
    """Everything that belongs to one revision; its decisions are cached in its decider, and dropped with it."""

    build: Build
    engine: Engine
    decider: Decider
    denied_hosts: tuple[str, ...]
    denied_providers: tuple[str, ...]
    """Operators that no router may choose."""


def revision(build: Build, engine: Engine) -> Revision:
    """The revision of a build."""
    return Revision(
        build=build,
        engine=engine,
        decider=Decider(build, engine),
        denied_hosts=build.denied_hosts(),
        denied_providers=build.denied_providers(),
    )


@dataclass(slots=True, kw_only=True, eq=False)
class _HeldRevision:
    revision: Revision
    users: int = 0
    retired: bool = field(default=False)


class LivePolicy:
    """Holds the current revision. Its methods are called from one event loop.

    Args:
        build: the first revision.
        make_engine: makes an engine over a build, on the calling thread.
        background: closes revisions that were replaced.
    """

    def __init__(
        self, build: Build, make_engine: MakeEngine, background: Background | None = None
    ) -> None:
        self._make_engine = make_engine
        self._held = _HeldRevision(revision=revision(build, make_engine(build)))
        self._closing = (background or Background()).jobs("retired policies")

    @property
    def current(self) -> Revision:
        """The current revision; use :meth:`use` to decide with it."""
        return self._held.revision

    def host_refusal(self, host: str) -> tuple[Reason, ...] | None:
        """Why the current revision refuses a host, or ``None`` when it does not."""
        return self.reasons(_HOST_RULE) if covered(host, self.current.denied_hosts) else None

    def provider_refusal(self, provider: str) -> tuple[Reason, ...] | None:
        """Why the current revision refuses a provider that a router may choose, or ``None`` when it does not."""
        # The beginning: routers add to the names of operators ("moonshotai", "deepseek-cn").
        denied = provider_name(provider).startswith(self.current.denied_providers)
        return self.reasons(_HOST_RULE) if denied else None

    def reasons(self, rule: str) -> tuple[Reason, ...]:
        """A rule of the current revision as a reason; empty when there is no such rule."""
        row = self.current.build.data["rule_metadata"].get(rule)
        return () if row is None else (Reason(**{name: row[name] for name in _REASON}),)

    @contextmanager
    def use(self) -> Iterator[Revision]:
        """One revision for the whole of a decision, kept open until its end."""
        # Read once: `self._held` may be replaced while the decision waits for the engine.
        held = self._held
        held.users += 1
        try:
            yield held.revision
        finally:
            held.users -= 1
            self._close_when_unused(held)

    async def start(self) -> None:
        """Start the first revision's engine."""
        await self._held.revision.engine.start()

    async def swap(self, build: Build) -> None:
        """Replace the current revision by that of a build, once its engine is ready to decide.

        Raises:
            ConfigError: the engine can't run it; the current revision stays.
        """
        if build.revision == self.current.build.revision:
            return
        engine = self._make_engine(build)
        await engine.start()
        # After the await: another swap may have replaced the current revision meanwhile.
        before, self._held = self._held, _HeldRevision(revision=revision(build, engine))
        before.retired = True
        self._close_when_unused(before)

    async def ready(self) -> bool:
        """Whether the current revision can decide."""
        return await self.current.engine.ready()

    async def close(self) -> None:
        """Close the current revision and wait for those that are closing."""
        await self._closing.close(grace=timeouts.CLOSE)
        await self._held.revision.engine.close()

    def _close_when_unused(self, held: _HeldRevision) -> None:
        if held.retired and not held.users:
            self._closing.spawn(held.revision.engine.close())
