"""The stores that the shared state may be kept in, by the scheme of ``state.url``.

``memory://`` is for one process; ``redis://`` and ``rediss://`` (TLS), each also with ``+sentinel`` or ``+cluster``, are
for replicas that share what they count.

A further store is a module beside this one that implements the interface of ``base``, its schemes here and in
``settings/state.py``, and a row in ``tests/state/test_contract.py``, whose tests every store passes.
"""

from gateway.background import Background
from gateway.settings.state import State as StateSettings
from gateway.state.base import State
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState


def open_state(settings: StateSettings, background: Background | None = None) -> State:
    """The shared state that the configuration names, not yet started.

    Args:
        settings: where the state is kept.
        background: runs what watches the store. A command that queries it once needs none.

    Raises:
        ConfigError: the URL can't be read.
    """
    if settings.url == "memory://":
        return MemoryState()
    # The settings accept no other scheme.
    return RedisState(settings, background=background)
