"""Scans texts the way the gateway scans a user's message, for commands that read files."""

import os
from pathlib import Path
from typing import Annotated, Self

import typer

from gateway import timeouts
from gateway.cli.common import exit_with
from gateway.detect.scan.lists import NO_LISTS, DetectionLists
from gateway.detect.scan.scanner import Scanner
from gateway.detect.workers.inprocess import InProcessDetector
from gateway.errors import ConfigError
from gateway.policy.compile.bundle import load as load_policy
from gateway.policy.decide.compose import policy_verifier
from gateway.settings.detection import Detect
from gateway.settings.load import read
from gateway.types import Call, Finding, Segment

Settings = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Use the detection settings and policies of this file; default: the built-in ones.",
    ),
]
Tenant = Annotated[
    str,
    typer.Option("--tenant", help="Apply this tenant's lists in addition to those for everyone."),
]
App = Annotated[str, typer.Option("--app", help="Apply the lists of this app of the tenant too.")]


class TextScanner:
    """Finds what the gateway would find in a user's message.

    Args:
        detect: the settings of detection.
        lists: the lists of values to find or to ignore, from policy data.
        tenant: its lists apply in addition to those for everyone.
        app: an app of the tenant, whose lists apply too.
    """

    def __init__(
        self, detect: Detect, lists: DetectionLists = NO_LISTS, tenant: str = "", app: str = ""
    ) -> None:
        self._lists = lists
        self._tenant = tenant
        self._app = app
        self._detector = InProcessDetector(detect.languages, specs=detect.specs())
        # Each text is scanned once: without a cache, its key needs no secret.
        changes = {"deadline_ms": round(timeouts.COMMAND_SCAN * 1000), "cache_entries": 0}
        self._scanner = Scanner(
            self._detector, detect.model_copy(update=changes), cache_key=lambda _: b""
        )

    async def __aenter__(self) -> Self:
        await self._detector.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._detector.close()

    async def findings(self, text: str, *, json: bool = False) -> tuple[Finding, ...]:
        """All findings in a text, disjoint and sorted; offsets refer to the text as given."""
        segment = Segment(path=(), origin="user", text=text, escaping="json" if json else "none")
        call = Call(
            dialect="scan",
            operation="scan",
            model="",
            stream=False,
            document=None,
            segments=(segment,),
            tools=frozenset(),
            modalities=frozenset({"text"}),
        )
        scan = await self._scanner.scan(call, self._tenant, self._app, self._lists)
        return scan.findings


def text_scanner(config: Path | None, tenant: str, app: str, *, as_json: bool) -> TextScanner:
    """The scanner for these options; faults end the command with exit code 1."""
    if config is None:
        return TextScanner(Detect())
    try:
        # Without checking keys and files, since only detection and policies are used.
        settings = read(config, os.environ)
        build = load_policy(settings.policy.initial_path, policy_verifier(settings.policy))
    except ConfigError as error:
        exit_with(error, as_json=as_json)
    return TextScanner(settings.detect, DetectionLists(build.data["detection"]), tenant, app)
