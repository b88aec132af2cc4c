"""Files that may be replaced while the gateway runs."""

import os
import tempfile
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int, int] | None


def stamp(path: Path) -> Stamp:
    """Distinguishes versions of a file by inode, modification time and size; ``None`` when there is no file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)


def write_temporary(path: Path, body: bytes, *, mode: int = 0o600) -> Path:
    """Write a temporary file with this content in the same folder, and sync it to disk.

    Args:
        path: the file that it is to replace or become.
        body: the content.
        mode: the permissions; only the owner may open it by default.

    Raises:
        OSError: it can't be written.
    """
    # In the same folder: a rename is atomic only within one file system.
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        # Before the content is written, so that it is never more widely readable.
        os.fchmod(descriptor, mode)
        file.write(body)
        file.flush()
        # Before the rename: after a crash, the name must not refer to a file whose content never reached the disk.
        os.fsync(file.fileno())
    return Path(name)


def replace(path: Path, body: bytes, *, mode: int = 0o600) -> None:
    """Replace the file atomically: a concurrent reader sees either the old content or the new.

    Raises:
        OSError: it can't be written; the old file is unchanged.
    """
    write_temporary(path, body, mode=mode).replace(path)
