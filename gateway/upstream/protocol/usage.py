"""Reads the token counts that a model server reports. They are claims: quotas and records get only what a reply can cost."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.types import Json, UsageEvent

MAX_TOKENS: Final = 10_000_000
"""Most tokens of a request or a reply that are accepted: ten times the largest context that vendors publish."""
_MAX_DETAILS: Final = 16
# The names are passed on without a scan, so they can't be free text.
_NAME: Final = re.compile(r"[a-z][a-z_]{0,47}")


def usage_event(usage: Mapping[str, Any]) -> UsageEvent:
    """The counts of a ``usage`` object; ``clamped`` when one of them was not a whole number from 0 to ``MAX_TOKENS``."""
    clamped: list[str] = []
    return UsageEvent(
        input_tokens=_tokens(usage.get("prompt_tokens"), clamped),
        output_tokens=_tokens(usage.get("completion_tokens"), clamped),
        details={
            name: _detail(inner, clamped)
            for name, inner in _named(usage)
            if name.endswith("_details") and isinstance(inner, dict)
        },
        clamped=bool(clamped),
    )


def _detail(counts: Mapping[str, Any], clamped: list[str]) -> dict[str, Json]:
    return {
        name: _tokens(value, clamped)
        for name, value in _named(counts)
        if isinstance(value, int | float)
    }


def _named(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    # Bounded before the names are compared: the server chooses their number.
    return [item for item in list(fields.items())[:_MAX_DETAILS] if _NAME.fullmatch(item[0])]


def _tokens(value: Json, clamped: list[str]) -> int:
    """A count that can be booked. A fault is noted in ``clamped``, and a count that is no number is 0."""
    if value is None:
        return 0
    if type(value) not in (int, float) or math.isnan(value):
        clamped.append("type")
        return 0
    counted = int(min(max(value, 0), MAX_TOKENS))
    if counted != value:
        clamped.append("range")
    return counted
