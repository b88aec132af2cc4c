"""The walkthrough with the real model: every check passes."""

import asyncio
import sys

import orjson


async def test_every_step_of_the_demonstration_passes() -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", "demo", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert process.returncode == 0, (out + err).decode()
    document = orjson.loads(out)
    assert document["kept"] is True
    titles = [step["title"][:2] for step in document["steps"]]
    assert titles == ["1.", "2.", "3.", "4.", "5a", "5b", "6.", "7."]
    assert all(step["promises"] for step in document["steps"])
