"""A build as one OPA bundle: equal bytes for equal contents, and nothing else is loaded."""

import gzip
import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build, build, revision
from gateway.policy.compile.bundle import MAX_BYTES, load, pack, unpack, write
from gateway.policy.compile.schemas import DOCUMENTS
from gateway.types import Json
from tests.policy.conftest import POLICIES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(POLICIES, tmp_path / "policies"))


def test_equal_contents_are_one_revision_and_equal_bytes(
    shipped: Build, folder: Path, tmp_path: Path
) -> None:
    again = build(folder)
    assert again.revision == shipped.revision
    write(shipped, tmp_path / "a.tar.gz")
    write(again, tmp_path / "b.tar.gz")
    assert (tmp_path / "a.tar.gz").read_bytes() == (tmp_path / "b.tar.gz").read_bytes()


def test_a_bundle_loads_as_the_same_build(shipped: Build, tmp_path: Path) -> None:
    write(shipped, tmp_path / "bundle.tar.gz")
    loaded = load(tmp_path / "bundle.tar.gz")
    assert (loaded.revision, loaded.data, loaded.modules) == (
        shipped.revision,
        shipped.data,
        shipped.modules,
    )
    with tarfile.open(tmp_path / "bundle.tar.gz") as archive:
        names = archive.getnames()
    assert {".manifest", "data.json"} < set(names)
    assert not [name for name in names if name.endswith("_test.rego")]


def test_a_tampered_bundle_is_refused(shipped: Build, tmp_path: Path) -> None:
    changed = Build(
        revision=shipped.revision,
        modules={**shipped.modules, "extra.rego": "package extra\n"},
        data=shipped.data,
    )
    write(changed, tmp_path / "bundle.tar.gz")
    with pytest.raises(ConfigError, match="not those of revision"):
        load(tmp_path / "bundle.tar.gz")


def archive(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as bundle:
        for name, content in files.items():
            member = tarfile.TarInfo(name.replace("_json", ".json"))
            member.size = len(content)
            bundle.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a tar",
        archive(other=b"{}"),
        archive(data_json=b"{"),
        archive(data_json=b"[]"),
        archive(data_json=b"{}"),
        archive(data_json=b'"x"'),
        archive(data_json=b"{}" * 9000)[:40],
        archive(data_json=b"{}")[:20] + b"\xff" * 30,
    ],
    ids=["empty", "text", "no data", "open", "list", "bare", "string", "cut", "damaged"],
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(ConfigError, match="not a policy build"):
        load(tmp_path / "x.tar.gz")


@pytest.mark.parametrize("document", [*DOCUMENTS, "packs", "rule_metadata", "modes"])
def test_T60_a_bundle_without_a_document_is_refused(
    shipped: Build, tmp_path: Path, document: str
) -> None:
    data = {
        name: value
        for name, value in shipped.data.items()
        if name not in (document, "sekisho_revision")
    }
    write(revision(shipped.modules, data), tmp_path / "bundle.tar.gz")
    with pytest.raises(ConfigError, match=f"the data document {document} is missing"):
        load(tmp_path / "bundle.tar.gz")


@pytest.mark.parametrize("junk", [5, None, "text", [1], {"a": 5}, {"a": [{"operators": 5}]}])
@pytest.mark.parametrize("document", ["operators", "packs"])
def test_B40_a_bundle_whose_documents_have_another_form_is_refused(
    shipped: Build, document: str, junk: Json
) -> None:
    changed = revision(shipped.modules, {**_plain(shipped), document: junk})
    with pytest.raises(ConfigError, match="not a policy build"):
        unpack(pack(changed), "bundle")


@pytest.mark.parametrize("tests", [5, "text", {"a": 5}, {"a": None}])
def test_B40_a_bundle_whose_tests_are_no_texts_is_refused(shipped: Build, tests: Json) -> None:
    changed = revision(shipped.modules, _plain(shipped), tests)
    with pytest.raises(ConfigError, match="not a policy build"):
        unpack(pack(changed), "bundle")


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.tar.gz").write_bytes(gzip.compress(bytes(MAX_BYTES + 1)))
    with pytest.raises(ConfigError, match="unpacks to more than"):
        load(tmp_path / "x.tar.gz")


def test_the_tests_go_with_it_and_are_no_part_of_the_revision(
    shipped: Build, tmp_path: Path
) -> None:
    write(shipped, tmp_path / "bundle.tar.gz")
    loaded = load(tmp_path / "bundle.tar.gz")
    assert loaded.tests == shipped.tests
    assert revision(shipped.modules, _plain(shipped)).revision == shipped.revision


def _plain(built: Build) -> dict[str, Json]:
    return {name: value for name, value in built.data.items() if name != "sekisho_revision"}


def test_B40_a_pipe_in_place_of_a_bundle_is_refused_and_not_opened(tmp_path: Path) -> None:
    pipe = tmp_path / "bundle.tar.gz"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError, match="can't be read"):
        load(pipe)
