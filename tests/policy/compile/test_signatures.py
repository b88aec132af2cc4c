"""Signatures as OPA makes and checks them: ours hold there, OPA's hold here, and nothing else does."""

import io
import tarfile
from pathlib import Path

import jwt
import orjson
import pytest

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import load, write
from gateway.policy.compile.signatures import SIGNATURES, Algorithm, Signer, Verifier
from tests.parts.opa import opa
from tests.parts.signing import key_pair

FILES = {
    "data.json": b'{"b": 1, "a": "x\xe2\x80\xa8y"}',
    "r.rego": b"package r\n",
    ".manifest": b"{}",
}


@pytest.mark.parametrize(
    ("algorithm", "kind"), [("ES256", "ec"), ("RS256", "rsa"), ("PS256", "rsa")]
)
def test_what_was_signed_is_verified_and_by_opa_too(
    shipped: Build, tmp_path: Path, algorithm: Algorithm, kind: str
) -> None:
    private, public = key_pair(tmp_path, kind=kind)
    bundle = tmp_path / "bundle.tar.gz"
    write(shipped, bundle, Signer(private, algorithm))
    assert load(bundle, Verifier(public, algorithm)).revision == shipped.revision
    key = ("--verification-key", str(public), "--signing-alg", algorithm)
    result = opa("build", "-b", str(bundle), *key, "-o", str(tmp_path / "out.tar.gz"))
    assert result.returncode == 0, result.stderr


def test_opa_refuses_a_bundle_of_ours_that_was_altered(shipped: Build, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path)
    bundle = tmp_path / "bundle.tar.gz"
    write(shipped, bundle, Signer(private, "ES256"))
    _alter(bundle, {"main/app.rego": b"package app\n"})
    key = ("--verification-key", str(public), "--signing-alg", "ES256")
    result = opa("build", "-b", str(bundle), *key, "-o", str(tmp_path / "out.tar.gz"))
    assert result.returncode != 0
    with pytest.raises(ConfigError, match="altered"):
        load(bundle, Verifier(public, "ES256"))


def test_what_opa_signed_is_verified(shipped: Build, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path)
    write(shipped, tmp_path / "bundle.tar.gz")
    folder = tmp_path / "unpacked"
    with tarfile.open(tmp_path / "bundle.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    key = ("--signing-key", str(private), "--signing-alg", "ES256")
    # OPA names files as its command line did, so it has to stand in the folder.
    result = opa("sign", "-b", ".", *key, "-o", str(tmp_path), folder=folder)
    assert result.returncode == 0, result.stderr
    _alter(tmp_path / "bundle.tar.gz", {SIGNATURES: (tmp_path / SIGNATURES).read_bytes()})
    built = load(tmp_path / "bundle.tar.gz", Verifier(public, "ES256"))
    assert built.revision == shipped.revision


def test_unsigned_bundles_and_folders_are_refused_when_a_signature_is_required(
    shipped: Build, tmp_path: Path
) -> None:
    _, public = key_pair(tmp_path)
    write(shipped, tmp_path / "bundle.tar.gz")
    verifier = Verifier(public, "ES256")
    with pytest.raises(ConfigError, match="not signed"):
        load(tmp_path / "bundle.tar.gz", verifier)
    with pytest.raises(ConfigError, match="a folder has no signature"):
        load(tmp_path, verifier)


def test_another_key_another_algorithm_and_none_are_refused(tmp_path: Path) -> None:
    private, public = key_pair(tmp_path)
    _, other = key_pair(tmp_path, "other")
    signed = {**FILES, SIGNATURES: Signer(private, "ES256").sign(FILES)}
    Verifier(public, "ES256").verify(signed, "x")
    secret = jwt.encode({"files": []}, "0" * 32, algorithm="HS256")
    unsigned = jwt.encode({"files": []}, "", algorithm="none")
    for key, algorithm, files in [
        (other, "ES256", signed),
        (public, "ES384", signed),
        (public, "ES256", {**FILES, SIGNATURES: orjson.dumps({"signatures": [secret]})}),
        (public, "ES256", {**FILES, SIGNATURES: orjson.dumps({"signatures": [unsigned]})}),
        (public, "ES256", {**FILES, SIGNATURES: b"{}"}),
        (public, "ES256", {**FILES, SIGNATURES: b"["}),
    ]:
        with pytest.raises(ConfigError, match="not signed with the trusted key"):
            Verifier(key, algorithm, "").verify(files, "x")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({**FILES, "r.rego": b"package other\n"}, "r.rego: altered"),
        ({**FILES, "extra.rego": b"package extra\n"}, "extra.rego: present, and not signed"),
        ({name: text for name, text in FILES.items() if name != "r.rego"}, "r.rego: signed, and"),
    ],
)
def test_every_file_is_covered(tmp_path: Path, files: dict[str, bytes], expected: str) -> None:
    private, public = key_pair(tmp_path)
    signature = Signer(private, "ES256").sign(FILES)
    with pytest.raises(ConfigError, match=expected):
        Verifier(public, "ES256").verify({**files, SIGNATURES: signature}, "x")


def test_the_scope_must_be_the_one_that_is_asked_for(tmp_path: Path) -> None:
    private, public = key_pair(tmp_path)
    signed = {**FILES, SIGNATURES: Signer(private, "ES256", "k1").sign(FILES)}
    with pytest.raises(ConfigError, match="another scope"):
        Verifier(public, "ES256", "write").verify(signed, "x")


def test_a_key_that_cannot_be_used_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing")
    with pytest.raises(ConfigError, match="can't be read"):
        Verifier(tmp_path / "missing.pem", "ES256")
    with pytest.raises(ConfigError, match="not a private key for ES256"):
        Signer(tmp_path / "no.pem", "ES256").sign(FILES)


def _alter(bundle: Path, changes: dict[str, bytes]) -> None:
    with tarfile.open(bundle) as archive:
        files = {m.name: f.read() for m in archive.getmembers() if (f := archive.extractfile(m))}
    with tarfile.open(bundle, "w:gz") as archive:
        for name, content in {**files, **changes}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
