"""Files that may be replaced while the gateway runs."""

import os
import tempfile
from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int, int] | None


def stamp(path: Path) -> Stamp:
    """What tells one content of a file from the next: its inode, time of change and size; ``None`` without a file."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return (stat.st_ino, stat.st_mtime_ns, stat.st_size)


def write_temporary(path: Path, body: bytes, *, mode: int = 0o600) -> Path:
    """A synchronised file with this content in the same folder, which only its owner may open unless ``mode`` says otherwise.

    Raises:
        OSError: it can't be written.
    """
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)
        file.write(body)
        file.flush()
        os.fsync(file.fileno())
    return Path(name)


def replace(path: Path, body: bytes, *, mode: int = 0o600) -> None:
    """Replace the file in one step: who reads it meanwhile finds the old one or the new one, never a part.

    Raises:
        OSError: it can't be written; the old one stays.
    """
    write_temporary(path, body, mode=mode).replace(path)
