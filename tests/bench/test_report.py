"""Ratios and differences are to the passthrough of the same scenario."""

from bench.load import Sample
from bench.report import Run, data, figures, history_ratio, text
from bench.scenarios import ALONE, KNOWN


def _run() -> Run:
    def subjects(cpu: float) -> dict[str, float]:
        return {"upstream": 0.01, "passthrough": 0.02, "gateway": cpu}

    samples = [
        Sample(first=0.001, whole=0.002, text="x"),
        Sample(first=0.003, whole=0.004, text="y"),
    ]
    return {
        name: {who: figures(samples, cpu, 2**21) for who, cpu in subjects(cost).items()}
        for name, cost in ((ALONE.name, 0.2), (KNOWN.name, 0.3))
    }


def test_figures_are_per_request() -> None:
    found = _run()[ALONE.name]["gateway"]
    assert round(found.cpu_us) == 100_000
    assert found.pss_mib == 2
    assert found.whole_ms["p50"] == 3
    assert found.first_ms["p50"] == 2


def test_ratios_are_to_the_passthrough() -> None:
    document = data(_run())
    assert document["scenarios"][ALONE.name]["gateway"]["cpu_ratio"] == 10
    assert document["scenarios"][ALONE.name]["gateway"]["over_passthrough_ms"]["p99"] == 0
    assert document["history_ratio"] == history_ratio(_run()) == 1.5


def test_the_table_has_a_row_for_every_subject() -> None:
    rows = [
        line
        for line in text(_run()).splitlines()
        if line.startswith(("| upstream", "| pass", "| gate"))
    ]
    assert len(rows) == 6
    assert all(row.count("|") == 11 for row in rows)
