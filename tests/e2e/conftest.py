"""The model server that most of these tests ask: it says what it was told."""

from collections.abc import AsyncIterator

import pytest

from tests.parts.echoes import echo
from tests.parts.scripted import ScriptedUpstream


@pytest.fixture
async def upstream() -> AsyncIterator[ScriptedUpstream]:
    async with ScriptedUpstream(echo) as running:
        yield running
