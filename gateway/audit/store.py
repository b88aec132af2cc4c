"""The interface of the storage backend of a log.

A store is blocking and used by one thread at a time. When ``append`` or ``checkpoint`` returns, its
arguments are on stable storage, completely. When it raises, that is unknown, and the store must be
closed and opened again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from gateway.audit.entry import AuditEntry
from gateway.audit.proof.merkle import CompactRange

_SQLITE: Final = "sqlite:///"


class StoreError(Exception):
    """The store can't be used: not an audit log, damaged, in use by another process, full or missing.

    The message is for the operator and holds no user text.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record to store. ``entry`` provides the searchable columns."""

    sequence: int
    leaf: bytes
    hash: bytes
    entry: AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The current state of a log: its name, its tree, and the last signed checkpoint, if there is one."""

    origin: str
    tree: CompactRange
    checkpoint: bytes | None
    checkpoint_size: int


class Store(Protocol):
    """Stores one log. Every method except ``close`` raises :class:`StoreError`."""

    def open(self, new_origin: str | None) -> Head:
        """Open the log for this process exclusively, and return its state.

        Args:
            new_origin: the name of the log to create when there is none; ``None`` creates none.
        """

    def append(self, rows: Sequence[Row], facts: Mapping[str, bytes], tree: CompactRange) -> None:
        """Store the rows, the facts documents by hash, and the tree that includes the rows."""

    def checkpoint(self, size: int, note: bytes) -> None:
        """Store a signed checkpoint."""

    def probe(self) -> None:
        """Write without changing anything, to check that writing works."""

    def hashes(self, start: int) -> Iterator[bytes]:
        """The leaf hashes from ``start`` on."""

    def close(self) -> None:
        """Close the log and release it for other processes."""


def sqlite_path(url: str) -> Path:
    """The file behind ``sqlite:///relative/path.db`` or ``sqlite:////absolute/path.db``.

    Raises:
        ValueError: when the URL has neither form.
    """
    path = url.removeprefix(_SQLITE)
    if path in ("", url):
        raise ValueError("an audit store has the form sqlite:///relative/path.db")
    return Path(path)


def worker_path(path: Path, worker: int) -> Path:
    """The file of one worker's log, next to the configured one: each process writes its own log."""
    return path.with_name(f"{path.stem}-{worker}{path.suffix}") if worker else path


def log_files(path: Path) -> list[Path]:
    """The configured log and those of workers next to it, running or not; only the configured one when there are none."""
    # 1 to 99: at most 64 workers are permitted, and `audit-2026.db` is not one of them.
    named = re.compile(re.escape(f"{path.stem}-") + r"[1-9]\d?" + re.escape(path.suffix))
    siblings = path.parent.iterdir() if path.parent.is_dir() else ()
    workers = sorted((file for file in siblings if named.fullmatch(file.name)), key=_natural)
    return [*([path] if path.exists() or not workers else []), *workers]


def _natural(path: Path) -> tuple[int, str]:
    """Sorts ``audit-2.db`` before ``audit-10.db``."""
    return len(path.name), path.name
