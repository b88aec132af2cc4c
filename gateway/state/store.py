"""From ``state.url`` to the implementation of the contract."""

from gateway.settings.state import State as StateSettings
from gateway.state.base import State
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState


def open_state(settings: StateSettings) -> State:
    """The shared state that the configuration names, not yet started.

    Raises:
        ConfigError: it can't be read.
    """
    return MemoryState() if settings.url == "memory://" else RedisState(settings)
