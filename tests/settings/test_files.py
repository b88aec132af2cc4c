"""A replaced file is distinguished from the one before; a file is replaced completely or not at all."""

import os
from pathlib import Path

import pytest

from gateway.settings.files import replace, stamp, write_temporary


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


def test_a_file_is_replaced_whole_and_is_its_owners_unless_a_mode_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a"
    replace(path, b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o600)
    replace(path, b"two", mode=0o644)
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o644)
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "a"
    with pytest.raises(FileNotFoundError):
        replace(path, b"one")


def test_a_file_beside_is_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    made = write_temporary(path, b"one")
    assert (made.parent, made.read_bytes(), path.exists()) == (tmp_path, b"one", False)
