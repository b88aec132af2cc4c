"""A revision is a build: deterministic, validated, and only itself."""

import io
import shutil
import tarfile
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.policy.build import Build, _revision, build, load, write
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


def test_any_change_is_another_revision(shipped: Build, folder: Path) -> None:
    operators = folder / "data" / "operators.yaml"
    operators.write_text(operators.read_text().replace("status: denied", "status: allowed", 1))
    assert build(folder).revision != shipped.revision


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
)
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(content)
    with pytest.raises(ConfigError, match="not a policy build"):
        load(tmp_path / "x.tar.gz")


@pytest.mark.parametrize(
    "document", ["operators", "models", "licences", "entities", "settings", "rule_metadata"]
)
def test_T60_a_bundle_without_a_document_is_refused(
    shipped: Build, tmp_path: Path, document: str
) -> None:
    data = {
        name: value
        for name, value in shipped.data.items()
        if name not in (document, "sekisho_revision")
    }
    write(_revision(shipped.modules, data), tmp_path / "bundle.tar.gz")
    with pytest.raises(ConfigError, match=f"the data document {document} is missing"):
        load(tmp_path / "bundle.tar.gz")


def test_T60_a_rule_that_is_deleted_or_added_by_half_is_a_fault(folder: Path) -> None:
    (folder / "rules" / "modality").rename(folder / "rules" / "modalities")
    with pytest.raises(ConfigError) as caught:
        build(folder)
    assert any(
        "names the rule" in fault or "expected package" in fault for fault in caught.value.faults
    )
    shutil.rmtree(folder / "rules" / "modalities")
    with pytest.raises(ConfigError, match="names the rule modality, which is missing"):
        build(folder)


def test_T60_a_misnamed_data_file_is_a_fault_on_both_counts(folder: Path) -> None:
    (folder / "data" / "operators.yaml").rename(folder / "data" / "operator.yaml")
    with pytest.raises(ConfigError) as caught:
        build(folder)
    assert any("operator.yaml: not a data document" in fault for fault in caught.value.faults)
    assert any("operators.yaml: missing" in fault for fault in caught.value.faults)


def test_entities_are_completed_and_sorted_for_look_up(shipped: Build) -> None:
    table = shipped.data["entities"]["treatment"]
    assert set(table["exact"]["JP_MY_NUMBER"]) == {
        "in-house",
        "device",
        "trusted-cloud",
        "public-cloud",
    }
    assert [row["prefix"] for row in table["prefixes"]] == ["SECRET_"]


def test_hosts_of_denied_operators_are_known_to_the_connector(shipped: Build) -> None:
    assert "deepseek.com" in shipped.denied_hosts()
    assert "openai.com" not in shipped.denied_hosts()


def test_a_rule_that_calls_out_is_not_built(folder: Path) -> None:
    rule = folder / "rules" / "modality" / "modality.rego"
    rule.write_text(
        rule.read_text() + '\ndeny contains "a" if http.send({"method": "get", "url": "x"})\n'
    )
    with pytest.raises(ConfigError, match=r"modality\.rego: calls http\.send"):
        build(folder)
