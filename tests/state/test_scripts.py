"""The scripts themselves: what every Redis must be able to run. Their arithmetic is in the contract."""

from pathlib import Path

import pytest

from gateway.state import scripts
from tests.parts.redis import RedisServer

SCRIPTS = [name for name in dir(scripts) if name.isupper() and not name.startswith("_")]


@pytest.mark.parametrize("name", SCRIPTS)
async def test_redis_takes_the_script(name: str, tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        assert len(server.cli("script", "load", getattr(scripts, name)).strip()) == 40
