"""Files that may be replaced while the gateway runs."""

from pathlib import Path
from typing import TypeAlias

Stamp: TypeAlias = tuple[int, int, int] | None


def stamp(path: Path) -> Stamp:
    """What tells one content of a file from the next: its inode, time of change and size; ``None`` without a file."""
    try:
        told = path.stat()
    except OSError:
        return None
    return (told.st_ino, told.st_mtime_ns, told.st_size)
