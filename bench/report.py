"""The figures of a run, as data and as tables."""

import os
import platform
from dataclasses import dataclass
from typing import Any

from bench.load import Sample
from bench.measure import percentile
from bench.scenarios import ALONE, KNOWN

PERCENTS = (50, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One subject in one scenario. CPU in microseconds per request, times in milliseconds, PSS in MiB."""

    requests: int
    cpu_us: float
    whole_ms: dict[str, float]
    first_ms: dict[str, float]
    pss_mib: float


Run = dict[str, dict[str, Figures]]
"""Figures by scenario, then by subject."""


def figures(samples: list[Sample], cpu_seconds: float, pss_bytes: int) -> Figures:
    """The figures of the samples of one subject in one scenario."""
    return Figures(
        requests=len(samples),
        cpu_us=cpu_seconds / len(samples) * 1e6,
        whole_ms=_percentiles([sample.whole for sample in samples]),
        first_ms=_percentiles([sample.first for sample in samples]),
        pss_mib=pss_bytes / 2**20,
    )


def data(run: Run) -> dict[str, Any]:
    """The run as JSON: every figure, its ratio to the passthrough's, and the machine."""
    return {
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "kernel": platform.release(),
        },
        "scenarios": {
            scenario: {
                name: _row(found, subjects["passthrough"]) for name, found in subjects.items()
            }
            for scenario, subjects in run.items()
        },
        "history_ratio": round(history_ratio(run), 3),
    }


def history_ratio(run: Run) -> float:
    """The gateway's CPU for ten turns of which nine are known, divided by that for a single turn."""
    return run[KNOWN.name]["gateway"].cpu_us / run[ALONE.name]["gateway"].cpu_us


def text(run: Run) -> str:
    """The run as tables for a terminal or a Markdown page."""
    lines = []
    for scenario, subjects in run.items():
        bare = subjects["passthrough"]
        lines += [f"{scenario} ({bare.requests} requests each)", "", *_HEAD]
        lines += [_line(name, found, bare) for name, found in subjects.items()]
        lines.append("")
    lines.append(
        f"a tenth turn with nine known before it costs {history_ratio(run):.2f} times as much CPU as alone"
    )
    return "\n".join(lines)


_HEAD = (
    "| subject | CPU µs | × bare | p50 ms | p95 ms | p99 ms | over bare | first text ms | PSS MiB | × bare |",
    "|---|---|---|---|---|---|---|---|---|---|",
)


def _line(name: str, found: Figures, bare: Figures) -> str:
    whole = " | ".join(f"{found.whole_ms[key]:.2f}" for key in found.whole_ms)
    over = ", ".join(f"{found.whole_ms[key] - bare.whole_ms[key]:+.2f}" for key in found.whole_ms)
    return (
        f"| {name} | {found.cpu_us:.0f} | {found.cpu_us / bare.cpu_us:.2f} | {whole} | {over} "
        f"| {found.first_ms['p50']:.2f} | {found.pss_mib:.0f} | {found.pss_mib / bare.pss_mib:.2f} |"
    )


def _row(found: Figures, bare: Figures) -> dict[str, Any]:
    return {
        "requests": found.requests,
        "cpu_us": round(found.cpu_us, 1),
        "cpu_ratio": round(found.cpu_us / bare.cpu_us, 3),
        "whole_ms": _rounded(found.whole_ms),
        "over_passthrough_ms": _rounded(
            {key: value - bare.whole_ms[key] for key, value in found.whole_ms.items()}
        ),
        "first_ms": _rounded(found.first_ms),
        "pss_mib": round(found.pss_mib, 1),
        "pss_ratio": round(found.pss_mib / bare.pss_mib, 3),
    }


def _percentiles(seconds: list[float]) -> dict[str, float]:
    return {f"p{percent}": percentile(seconds, percent) * 1000 for percent in PERCENTS}


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {key: round(value, 3) for key, value in values.items()}
