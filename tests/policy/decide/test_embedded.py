"""The embedded engine fails closed on what it does not know."""

import pytest

from gateway.errors import ConfigError, PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.decide.embedded import EmbeddedEngine


@pytest.mark.parametrize(
    "rule", ["x := (", "x := no.such.builtin(1)", "x if {\n\tinput.never\n\tno.such.builtin(1)\n}"]
)
def test_a_rule_that_it_cannot_run_is_refused_when_it_is_loaded(rule: str) -> None:
    built = Build(
        revision="r", modules={"x.rego": f"package sekisho\n\ndecision := x\n\n{rule}\n"}, data={}
    )
    with pytest.raises(ConfigError) as caught:
        EmbeddedEngine(built)
    assert "backtrace" not in str(caught.value).lower()


async def test_it_is_ready_until_it_is_closed(shipped: Build) -> None:
    engine = EmbeddedEngine(shipped)
    await engine.start()
    assert await engine.ready()
    await engine.close()
    assert not await engine.ready()
    with pytest.raises(PolicyUnavailable):
        await engine.evaluate(b"{}")


@pytest.mark.parametrize("document", [b"", b"{", b"\xff"])
async def test_what_it_cannot_evaluate_is_no_decision(shipped: Build, document: bytes) -> None:
    with pytest.raises(PolicyUnavailable):
        await EmbeddedEngine(shipped).evaluate(document)
