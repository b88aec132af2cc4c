"""What the log asks of the place where it is kept.

A store is blocking and used by one thread at a time. What ``append`` and ``checkpoint`` were given
is on stable storage when they return, whole; when they raise, it is not known whether it is, and
the store must be closed and opened again.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from gateway.audit.proof.merkle import CompactRange
from gateway.exchange import AuditEntry

_SQLITE: Final = "sqlite:///"


class StoreError(Exception):
    """The store can't do its work: foreign, damaged, in use by another, full, gone.

    The message is for the operator and holds no user text.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One record to be kept. ``entry`` gives the searchable columns."""

    sequence: int
    leaf: bytes
    hash: bytes
    entry: AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a log: its name, its tree, and the last signed checkpoint, if there is one."""

    origin: str
    tree: CompactRange
    checkpoint: bytes | None
    checkpoint_size: int


class Store(Protocol):
    """Keeps one log. Every method but ``close`` raises :class:`StoreError`."""

    def open(self, new_origin: str | None) -> Head:
        """Take the log for this process alone and find its end.

        Args:
            new_origin: the name of a log that may be created when there is none; ``None`` refuses
                to create one.
        """

    def append(self, rows: Sequence[Row], facts: Mapping[str, bytes], tree: CompactRange) -> None:
        """Keep the rows, the facts documents by hash, and the tree that includes the rows."""

    def checkpoint(self, size: int, note: bytes) -> None:
        """Keep a signed checkpoint."""

    def probe(self) -> None:
        """Write something that changes nothing, to prove that writing works."""

    def hashes(self, start: int) -> Iterator[bytes]:
        """The leaf hashes from ``start`` on."""

    def close(self) -> None:
        """Let go of the log."""


def sqlite_path(url: str) -> Path:
    """The file behind ``sqlite:///relative/path.db`` or ``sqlite:////absolute/path.db``.

    Raises:
        ValueError: when the URL is none of these.
    """
    path = url.removeprefix(_SQLITE)
    if path in ("", url):
        raise ValueError("an audit store is given as sqlite:///relative/path.db")
    return Path(path)


def worker_path(path: Path, worker: int) -> Path:
    """The file of one worker's log, beside the one that is configured: each process writes a log of its own."""
    return path.with_name(f"{path.stem}-{worker}{path.suffix}") if worker else path


def log_files(path: Path) -> list[Path]:
    """The configured log and those of workers beside it, whoever is running now; the configured one alone when there are none."""
    named = re.compile(re.escape(f"{path.stem}-") + r"[1-9]\d?" + re.escape(path.suffix))
    beside = path.parent.iterdir() if path.parent.is_dir() else ()
    workers = sorted((file for file in beside if named.fullmatch(file.name)), key=_natural)
    return [*([path] if path.exists() or not workers else []), *workers]


def _natural(path: Path) -> tuple[int, str]:
    return len(path.name), path.name
