"""Weights on disk beside their record, and what a hostile directory can hold."""

import hashlib
import os
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.provenance.record import Claims, Listing, Record
from gateway.provenance.weights import differences, digests


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    (folder / "shards").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "shards/1.safetensors").write_bytes(b"1" * 3_000_000)
    return folder


def record(folder: Path, **listing: object) -> Record:
    listed = Listing.model_validate(listing)
    return Record(
        name="w", manifest="", files=digests(folder, listed), listing=listed, claims=Claims()
    )


def found(folder: Path, signed: Record) -> dict[str, str]:
    return {each.path: each.fault for each in differences(folder, signed)}


def test_every_file_is_hashed_and_progress_ends_at_the_whole(weights: Path) -> None:
    steps: list[tuple[int, int]] = []
    hashes = digests(weights, Listing(), lambda *step: steps.append(step))
    assert hashes == {
        "config.json": hashlib.sha256(b"{}").hexdigest(),
        "shards/1.safetensors": hashlib.sha256(b"1" * 3_000_000).hexdigest(),
    }
    assert steps[-1] == (3_000_002, 3_000_002)


def test_weights_that_are_what_was_signed(weights: Path) -> None:
    assert found(weights, record(weights)) == {}


def test_each_difference_is_told(weights: Path) -> None:
    (weights / "gone.json").write_text("")
    signed = record(weights)
    (weights / "shards/1.safetensors").write_bytes(b"1" * 2_999_999 + b"2")
    (weights / "gone.json").unlink()
    (weights / "modeling.py").write_text("import os")
    assert found(weights, signed) == {
        "gone.json": "missing",
        "modeling.py": "not signed",
        "shards/1.safetensors": "altered",
    }


def test_a_link_is_not_followed_even_to_the_same_content(weights: Path, tmp_path: Path) -> None:
    signed = record(weights)
    (tmp_path / "elsewhere").write_text("{}")
    (weights / "config.json").unlink()
    (weights / "config.json").symlink_to(tmp_path / "elsewhere")
    assert found(weights, signed) == {"config.json": "a symbolic link"}


def test_a_link_to_a_directory_hides_nothing(weights: Path, tmp_path: Path) -> None:
    for signed in (record(weights), record(weights, allow_symlinks=True)):
        (weights / "shards").rename(tmp_path / "shards")
        (weights / "shards").symlink_to(tmp_path / "shards")
        assert "shards" in found(weights, signed)
        assert found(weights, signed)["shards/1.safetensors"] == "missing"
        (weights / "shards").unlink()
        (tmp_path / "shards").rename(weights / "shards")


def test_links_to_files_count_where_the_record_says_so(weights: Path, tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(b"3")
    (weights / "3.bin").symlink_to(tmp_path / "blob")
    with pytest.raises(ConfigError, match=r"3\.bin: a symbolic link"):
        record(weights)
    signed = record(weights, allow_symlinks=True)
    assert found(weights, signed) == {}
    (tmp_path / "blob").write_bytes(b"4")
    assert found(weights, signed) == {"3.bin": "altered"}
    (tmp_path / "blob").unlink()
    assert found(weights, signed) == {"3.bin": "not a plain file"}


def test_pipes_and_sockets_are_refused_and_not_waited_for(weights: Path) -> None:
    signed = record(weights)
    (weights / "config.json").unlink()
    os.mkfifo(weights / "config.json")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(weights / "s"))
        assert found(weights, signed) == {
            "config.json": "not a plain file",
            "s": "not a plain file",
        }


def test_a_directory_in_the_place_of_a_file(weights: Path) -> None:
    signed = record(weights)
    (weights / "config.json").unlink()
    (weights / "config.json").mkdir()
    assert found(weights, signed) == {"config.json": "missing"}


@pytest.mark.parametrize("name", [b"\xff.bin", b"\x1b[2J.bin", b"a\nb"])
def test_names_that_would_write_to_a_terminal(weights: Path, name: bytes) -> None:
    signed = record(weights)
    (weights / os.fsdecode(name)).write_text("")
    ((path, fault),) = found(weights, signed).items()
    assert path.isascii()
    assert path.isprintable()
    assert fault == "a name that can't be printed"


def test_what_is_ignored_does_not_count(weights: Path) -> None:
    signed = record(weights, ignore_paths=[".git", "shards/notes"])
    (weights / ".git").mkdir()
    (weights / ".git/config").symlink_to("/etc/passwd")
    (weights / "shards/notes").write_text("")
    assert found(weights, signed) == {}


def test_what_is_no_directory_of_weights(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be listed"):
        digests(tmp_path / "none", Listing())
    with pytest.raises(ConfigError, match="can't be listed"):
        digests(weights / "config.json", Listing())
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds no file"):
        digests(tmp_path / "empty", Listing())


def test_a_file_that_cannot_be_read(weights: Path) -> None:
    """A file of the kernel's that is plain to look at, and whose first byte can't be read."""
    signed = record(weights)
    (weights / "config.json").unlink()
    (weights / "config.json").symlink_to("/proc/self/mem")
    signed = replace(signed, listing=Listing(allow_symlinks=True))
    ((path, fault),) = found(weights, signed).items()
    assert path == "config.json"
    assert fault.startswith("can't be read: ")
