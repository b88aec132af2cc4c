"""The embedded engine: a build of regorus (https://github.com/microsoft/regorus) inside the process."""

import orjson
import regorus

from gateway.errors import ConfigError, PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.compile.lint import call_faults, engine_message
from gateway.policy.decide.engine import QUERY, no_decision
from gateway.types import Json


class EmbeddedEngine:
    """Evaluates a build in the process.

    An evaluation takes a few milliseconds; the cache of decisions spares most requests that time.

    Raises:
        ConfigError: a rule can't be compiled, for example because it uses an unknown builtin.
    """

    def __init__(self, build: Build) -> None:
        # regorus reports an unknown builtin only when a rule calls it: that would
        # fail requests, not the start.
        faults = call_faults(build.modules)
        if faults:
            raise ConfigError(faults)
        self._engine: regorus.Engine | None = regorus.Engine()
        try:
            for name, text in build.modules.items():
                self._engine.add_policy(name, text)
            self._engine.add_data_json(orjson.dumps(build.data).decode())
        except RuntimeError as error:
            raise ConfigError([f"policy: {engine_message(error)}"]) from None

    async def start(self) -> None:
        """Nothing to do: the constructor has loaded the build."""

    async def evaluate(self, document: bytes) -> Json:
        """See :class:`~gateway.policy.decide.engine.Engine`."""
        if self._engine is None:
            raise PolicyUnavailable("The policy engine was stopped, so the call is refused.")
        try:
            # On the event loop, without an await in between: regorus works only on the thread that
            # made the engine, and one engine serves all requests.
            self._engine.set_input_json(document.decode())
            value = orjson.loads(self._engine.eval_rule_as_json(QUERY))
        except (RuntimeError, ValueError):
            raise no_decision() from None
        return value

    async def ready(self) -> bool:
        """True until it is closed: the constructor has loaded the build."""
        return self._engine is not None

    async def close(self) -> None:
        """Free the engine."""
        # regorus frees an engine only on the thread that made it, and the garbage collector may run on any other.
        self._engine = None
