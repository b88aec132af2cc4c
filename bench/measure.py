"""The cost of a subject over all of its processes: CPU from the kernel's accounting, memory as PSS."""

from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """A process and all its descendants."""

    root: psutil.Process
    beside: tuple[psutil.Process, ...] = ()
    """Services that belong to it, each with its own descendants."""

    def cpu_seconds(self) -> float:
        """User and system time so far, including that of children that have ended."""
        return sum(_cpu(process) for process in self._all())

    def pss_bytes(self) -> int:
        """Proportional set size: shared pages are divided among the processes that share them (proc(5), smaps)."""
        return sum(process.memory_full_info().pss for process in self._all())

    def _all(self) -> list[psutil.Process]:
        roots = (self.root, *self.beside)
        return [p for root in roots for p in (root, *root.children(recursive=True))]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def percentile(values: list[float], percent: float) -> float:
    """The value below which ``percent`` of the sorted values are, interpolated (NIST, type 7)."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
