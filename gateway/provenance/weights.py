"""Weights on disk: their files, the digests, and the differences from a record."""

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from gateway import timeouts
from gateway.errors import ConfigError
from gateway.provenance.record import Listing, Record

_BLOCK: Final = 1 << 20

Progress: TypeAlias = Callable[[int, int], None]
"""Called with the number of bytes that are hashed, and of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One path, and in a few words how it differs."""

    path: str
    fault: str


def digests(directory: Path, listing: Listing, progress: Progress | None = None) -> dict[str, str]:
    """SHA-256, in hex, of every file that is signed, by its path within the directory.

    Raises:
        ConfigError: there is none, or something there can't be signed.
    """
    paths, faults = _found(directory, listing)
    hashes, unread = _hashed(paths, listing, progress)
    faults += unread
    if faults:
        raise ConfigError([f"{directory}: {each.path}: {each.fault}" for each in faults])
    if not hashes:
        raise ConfigError([f"{directory}: holds no file"])
    return hashes


def differences(
    directory: Path, record: Record, progress: Progress | None = None
) -> list[Difference]:
    """How the directory differs from the record, by path; nothing when it is as signed.

    Raises:
        ConfigError: it is not a directory, or can't be listed.
    """
    paths, faults = _found(directory, record.listing)
    faulty = {each.path for each in faults}
    faults += [Difference(path=p, fault="not signed") for p in paths if p not in record.files]
    faults += [
        Difference(path=p, fault="missing")
        for p in record.files
        if p not in paths and p not in faulty
    ]
    signed = {name: path for name, path in paths.items() if name in record.files}
    hashes, unread = _hashed(signed, record.listing, progress)
    faults += unread
    faults += [Difference(path=p, fault="altered") for p in hashes if hashes[p] != record.files[p]]
    return sorted(faults, key=lambda each: each.path)


def _found(directory: Path, listing: Listing) -> tuple[dict[str, Path], list[Difference]]:
    """The files to be hashed, and the paths that can't be signed."""
    files: dict[str, Path] = {}
    faults: list[Difference] = []
    for path in _walk(directory):
        name = path.relative_to(directory).as_posix()
        if listing.ignores(name):
            continue
        fault = _fault(name, path, listing)
        if fault:
            faults.append(Difference(path=_printable(name), fault=fault))
        else:
            files[name] = path
    return files, faults


def _walk(directory: Path) -> Iterator[Path]:
    """Everything below a directory that is not itself one; links are not followed."""

    def unlisted(error: OSError) -> None:
        raise ConfigError([f"{error.filename}: can't be listed: {error.strerror}"])

    for folder, folders, files in os.walk(directory, onerror=unlisted):
        # os.walk lists links to directories among the directories, and does not follow them: they are reported.
        links = [name for name in folders if Path(folder, name).is_symlink()]
        yield from (Path(folder, name) for name in sorted((*links, *files)))


def _fault(name: str, path: Path, listing: Listing) -> str:
    """Why a path can't be signed; ``""`` where it can. Links are allowed only where the record says so, and only to files."""
    if not name.isprintable():
        return "a name that can't be printed"
    if path.is_symlink() and not listing.allow_symlinks:
        return "a symbolic link"
    return "" if path.is_file() else "not a plain file"


def _printable(name: str) -> str:
    """The name in ASCII where it holds control characters, which a terminal would obey, or is not UTF-8, which JSON forbids."""
    return name if name.isprintable() else ascii(name)[1:-1]


def _hashed(
    paths: Mapping[str, Path], listing: Listing, progress: Progress | None
) -> tuple[dict[str, str], list[Difference]]:
    """Digests by path, and the paths that can't be read. Several files are hashed at a time."""
    count = _Count()
    total = sum(_size(path) for path in paths.values())
    # Threads suffice: hashlib releases the interpreter's lock for blocks of 2 KiB and more.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {name: pool.submit(_digest, path, listing, count) for name, path in paths.items()}
        pending = set(jobs.values())
        while pending:
            _, pending = wait(pending, timeout=timeouts.PROGRESS_EVERY)
            if progress is not None:
                progress(count.bytes, total)
    hashes: dict[str, str] = {}
    unread: list[Difference] = []
    for name, job in jobs.items():
        try:
            hashes[name] = job.result()
        except OSError as error:
            unread.append(Difference(path=name, fault=f"can't be read: {error.strerror}"))
    return hashes, unread


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0  # the fault is reported when it is opened


class _Count:
    """Bytes hashed so far, by all threads."""

    def __init__(self) -> None:
        self.bytes = 0
        self._lock = threading.Lock()

    def add(self, more: int) -> None:
        with self._lock:
            self.bytes += more


def _digest(path: Path, listing: Listing, count: _Count) -> str:
    """SHA-256 of a plain file."""
    # It may have been replaced since it was listed: by a link (O_NOFOLLOW) or a pipe (O_NONBLOCK, or open would wait).
    follow = 0 if listing.allow_symlinks else os.O_NOFOLLOW
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | follow)
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "no longer a plain file")
        while block := file.read(_BLOCK):
            digest.update(block)
            count.add(len(block))
    return digest.hexdigest()
