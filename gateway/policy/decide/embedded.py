"""The embedded engine: a build of regorus (https://github.com/microsoft/regorus) inside the process."""

import orjson
import regorus

from gateway.errors import ConfigError, PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.compile.lint import call_faults, engine_message
from gateway.policy.decide.engine import PACKAGE, RULE
from gateway.types import Json

_QUERY = f"data.{PACKAGE}.{RULE}"


class EmbeddedEngine:
    """Evaluates a build in the process; an evaluation takes a few milliseconds, which the cache of decisions spares most requests.

    Raises:
        ConfigError: a rule can't be compiled, for example because it uses an unknown builtin.
    """

    def __init__(self, build: Build) -> None:
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
        """The build is loaded already."""

    async def evaluate(self, document: bytes) -> Json:
        """See :class:`~gateway.policy.decide.engine.Engine`."""
        if self._engine is None:
            raise PolicyUnavailable("The policy engine was stopped, so the call is refused.")
        try:
            self._engine.set_input_json(document.decode())
            value = orjson.loads(self._engine.eval_rule_as_json(_QUERY))
        except (RuntimeError, ValueError):
            raise PolicyUnavailable(
                "The policy gave no decision, so the call is refused."
            ) from None
        return value

    async def ready(self) -> bool:
        """Until it is closed: the build was loaded when the engine was made."""
        return self._engine is not None

    async def close(self) -> None:
        """End it here: regorus lets an engine end on the thread that made it alone, and a collector runs on any."""
        self._engine = None
