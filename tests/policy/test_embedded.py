"""The embedded engine fails closed on what it does not know."""

import pytest

from gateway.errors import ConfigError, PolicyUnavailable
from gateway.policy.build import Build
from gateway.policy.embedded import EmbeddedEngine


@pytest.mark.parametrize("rule", ["x := (", "x := no.such.builtin(1)"])
async def test_a_rule_that_it_cannot_run_never_decides(rule: str) -> None:
    built = Build(
        revision="r", modules={"x.rego": f"package sekisho\n\ndecision := x\n\n{rule}\n"}, data={}
    )
    with pytest.raises((ConfigError, PolicyUnavailable)) as caught:
        await EmbeddedEngine(built).evaluate(b"{}")
    assert "backtrace" not in str(caught.value).lower()


async def test_it_is_always_ready(shipped: Build) -> None:
    engine = EmbeddedEngine(shipped)
    await engine.start()
    assert await engine.ready()
    await engine.close()
