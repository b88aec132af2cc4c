"""A file that was replaced is told from the one before."""

import os
from pathlib import Path

from gateway.files import stamp


def test_a_file_is_another_when_it_is_replaced_written_or_gone(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "b"
    path.write_text("one")
    first = stamp(path)
    assert first is not None
    assert stamp(path) == first
    other.write_text("two")
    os.utime(other, ns=(first[1], first[1]))
    other.replace(path)
    replaced = stamp(path)
    assert replaced != first
    path.write_text("three")
    assert stamp(path) != replaced
    path.unlink()
    assert stamp(path) is None
