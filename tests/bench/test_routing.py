"""The benchmark of the doors asks each of them, and the bare session beside them."""

from typing import Any

from bench.routing import measure
from gateway.upstream.litellm.library import fault


async def test_each_door_is_measured_beside_the_bare_session() -> None:
    figures: dict[str, Any] = await measure(3)
    doors = {"bare session", "choice", "direct"} | (set() if fault() else {"litellm"})
    assert set(figures["microseconds"]) == doors
    assert all(0 < row["p50"] <= row["p99"] for row in figures["microseconds"].values())
    assert figures["above_bare"]["bare session"] == 0
