"""From the URL of the state store to the store."""

import pytest

from gateway.errors import ConfigError
from gateway.settings.state import State as StateSettings
from gateway.state.memory import MemoryState
from gateway.state.redis import RedisState
from gateway.state.stores import open_state


def test_the_url_says_which_store() -> None:
    assert isinstance(open_state(StateSettings()), MemoryState)
    assert isinstance(open_state(StateSettings(url="redis://127.0.0.1:6379/0")), RedisState)


def test_a_url_that_can_not_be_read_is_reported() -> None:
    with pytest.raises(ConfigError, match=r"state\.url"):
        open_state(StateSettings(url="redis://a:b@c/0"))
