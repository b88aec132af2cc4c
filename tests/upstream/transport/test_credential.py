"""A deployment's key is read from its file, whenever that changes."""

import os
from pathlib import Path

import pytest

from gateway.errors import UpstreamFailed
from gateway.upstream.transport.credential import Credential


def test_no_file_means_no_key() -> None:
    assert Credential(None).read() is None


def test_a_rotated_key_is_used_without_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("first\n")
    credential = Credential(path)
    assert credential.read() == "first"
    replacement = tmp_path / "new"
    replacement.write_text("second")
    replacement.replace(path)
    assert credential.read() == "second"


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("first")
    credential = Credential(path)
    assert credential.read() == "first"
    status = path.stat()
    path.write_text("other")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert credential.read() == "first"


@pytest.mark.parametrize("content", [b"", b" \n", b"a\r\nx-evil: 1", b"\xff\xfe", "鍵".encode()])
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(UpstreamFailed) as caught:
        Credential(path).read()
    assert caught.value.fallback


def test_a_file_that_is_gone_is_refused_each_time(tmp_path: Path) -> None:
    credential = Credential(tmp_path / "absent")
    for _ in range(2):
        with pytest.raises(UpstreamFailed):
            credential.read()


def test_the_key_is_not_printed(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("sk-secret")
    credential = Credential(path)
    credential.read()
    assert "sk-secret" not in repr(credential)
    assert "sk-secret" not in str(credential)
