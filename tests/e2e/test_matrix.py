"""Surfaces × positions × streaming × encodings: a planted value is nowhere on the wire, or the call is refused.

The stages are the gateway's own, called one after another: what would be sent is searched without being sent.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.app import Gateway, compose, wire_check
from gateway.dialects.coverage import ENDPOINTS
from gateway.edge.routes import PUBLIC_ROUTES
from gateway.errors import PolicyError, SekishoError
from gateway.types import Principal
from tests.parts.gateways import KEY, detector, prepared
from tests.parts.surfaces import SURFACES, Surface

CARD = "4111 1111 1111 1111"
MAIL = "kenji.tanaka@example.co.jp"

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "full-width": lambda value: "".join(
        chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value
    ),
    "zero-width": "\u200b".join,
    "percent": lambda value: "".join(f"%{byte:02X}" for byte in value.encode()),
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
}
"""How a value is spelt; that JSON escapes spell it is a position of tool arguments."""

DECODED = {"percent", "base64"}
UNREADABLE = {"argument, escaped", "user id"}
"""Where an ordinary word is not on the wire as it is: spelt in escapes, or masked as a user's name."""
IDENTIFIERS = {"tool name", "property name"}
"""Places that can't be replaced: a finding there refuses the call."""

PRINCIPAL = Principal(
    subject="s",
    tenant="acme",
    app="billing",
    groups=frozenset(),
    credential_id="billing",
    method="api-key",
)


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    settings = prepared(tmp_path, detect={"deadline_ms": 60_000})
    composed = compose(settings, {"SEKISHO_TEST_KEY": KEY}, detector=detector())
    async with composed.running():
        yield composed


async def wire(gateway: Gateway, surface: Surface, body: dict[str, Any]) -> bytes:
    """What would be sent to the deployment.

    Raises:
        SekishoError: the call is refused.
    """
    row = next(row for row in PUBLIC_ROUTES if row.path == surface.path)
    call = row.dialect.parse(orjson.dumps(body), row.operation)
    examined = await gateway.pipeline.examine(PRINCIPAL, call)
    (deployment,) = examined.entry.deployments
    cleared = gateway.pipeline.clear(row.dialect, call, examined, "acme", deployment)
    wire_check(cleared.vault, cleared.call.neutral, cleared.call.form)
    sent = orjson.dumps(cleared.call.neutral)
    return sent + orjson.dumps(cleared.call.document)


def spellings(value: str, encoded: str) -> set[str]:
    """What must not be seen: the value, compact, and as it was spelt, raw and JSON-escaped."""
    found = {value, value.replace(" ", ""), encoded}
    return found | {json.dumps(spelt)[1:-1] for spelt in found}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.name)
async def test_T03_T04_T05_T06_T09_T59_the_matrix(
    gateway: Gateway, surface: Surface, encoding: str
) -> None:
    leaks, refusals = [], []
    for position, build in surface.positions.items():
        for value in (CARD, MAIL):
            encoded = ENCODINGS[encoding](value)
            for stream in {False, surface.streamed is not None}:
                body = surface.with_stream(build(encoded), stream=stream)
                try:
                    sent = (await wire(gateway, surface, body)).decode()
                except PolicyError:
                    refusals.append(position)
                    continue
                if any(spelt in sent for spelt in spellings(value, encoded)):
                    leaks.append((position, value))
    assert leaks == []
    assert set(refusals) <= IDENTIFIERS


async def test_T59_a_number_is_text_too(gateway: Gateway) -> None:
    for surface in SURFACES:
        for position, build in surface.positions.items():
            body = surface.with_stream(build(4111111111111111), stream=False)
            try:
                sent = await wire(gateway, surface, body)
            except SekishoError as error:
                assert position in IDENTIFIERS, error  # noqa: PT017
                continue
            assert b"4111111111111111" not in sent, (surface.name, position)


async def test_the_controls_prove_that_the_matrix_looks(gateway: Gateway) -> None:
    for surface in SURFACES:
        for position, build in surface.positions.items():
            sent = await wire(
                gateway, surface, surface.with_stream(build("breakfast"), stream=False)
            )
            assert b"breakfast" in sent or position in UNREADABLE, position


def test_the_matrix_has_every_endpoint_that_takes_text() -> None:
    covered = {f"POST {surface.path}" for surface in SURFACES}
    assert {endpoint.name for endpoint in ENDPOINTS} - covered == {
        "POST /v1/messages/count_tokens"  # the same document as /v1/messages
    }
