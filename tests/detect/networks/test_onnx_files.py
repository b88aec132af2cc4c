"""Directories of networks: files have bounded sizes, and errors name the file."""

import os
from pathlib import Path

import pytest

from gateway.detect.networks.onnx_files import NetworkFiles, revision_inputs
from tests.detect.onnx_networks import network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return network(tmp_path / "net", {"Xoan": "B-PER"})


def files(folder: Path) -> NetworkFiles:
    return NetworkFiles(folder, "config.json")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.onnx"])
def test_T60_a_directory_that_lacks_a_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ValueError, match=f"net: no {name}"):
        files(folder)


@pytest.mark.parametrize(("name", "most"), [("config.json", 1 << 20), ("tokenizer.json", 64 << 20)])
def test_documents_larger_than_any_are_refused_unread(folder: Path, name: str, most: int) -> None:
    os.truncate(folder / name, most + 1)
    with pytest.raises(
        ValueError, match=rf"{name}: {most + 1} bytes, more than the limit of {most}"
    ):
        files(folder)


@pytest.mark.parametrize(
    ("name", "opened"),
    [
        ("config.json", NetworkFiles.description),
        ("tokenizer.json", NetworkFiles.tokenizer),
        ("model.onnx", NetworkFiles.session),
    ],
)
def test_T48_malformed_files_are_refused_by_name(folder: Path, name: str, opened: object) -> None:
    (folder / name).write_bytes(b"\0" * 64)
    assert callable(opened)
    with pytest.raises(ValueError, match=f"net/{name}: "):
        opened(files(folder))


def test_the_revision_is_of_all_that_makes_a_network_and_of_nothing_else(folder: Path) -> None:
    before = list(revision_inputs(folder))
    (folder / "pytorch_model.bin").write_bytes(b"weights")
    assert list(revision_inputs(folder)) == before
    (folder / "model.onnx_data").write_bytes(b"weights")
    with_weights = list(revision_inputs(folder))
    assert with_weights != before
    (folder / "model.onnx_data").rename(folder / "model.onnx.data")
    assert list(revision_inputs(folder)) not in (before, with_weights)
