"""``sekisho models sign | verify``, and OpenSSF's own signer beside them."""

import base64
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from typer.testing import Result

from gateway.upstream.transport.connector import spki_pin
from tests.parts.certificates import Authority
from tests.parts.commands import run, write_config
from tests.parts.configuration import deployment
from tests.parts.opa import ROOT
from tests.parts.signing import key_pair

SIGNER = ROOT / ".tools/model-signing/bin/model_signing"
NEXT_YEAR = f"{datetime.now(UTC) + timedelta(days=365):%Y-%m-%d}"
needs_signer = pytest.mark.skipif(
    not SIGNER.exists(), reason="make clients installs model-signing in an environment of its own"
)


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    folder = tmp_path / "weights"
    (folder / "shards").mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "config-2.json").write_text("[]")
    (folder / "shards/1.safetensors").write_bytes(b"1" * 3_000_000)
    return folder


@pytest.fixture
def keys(tmp_path: Path) -> tuple[str, str]:
    private, public = key_pair(tmp_path)
    return str(private), str(public)


def signed(folder: Path, key: str, *more: str, out: Path | None = None) -> Path:
    out = out or folder.parent / "r1.sig.json"
    options = ("--key", key, "--out", str(out), "--expires", NEXT_YEAR)
    result = run("models", "sign", str(folder), *options, *more)
    assert result.exit_code == 0, result.output
    return out


def verify(folder: Path, record: Path, *keys: str) -> tuple[int, dict[str, Any]]:
    trusted = [word for key in keys for word in ("--key", key)]
    command = ("models", "verify", str(folder), "--record", str(record), *trusted)
    text, result = run(*command), run(*command, "--json")
    report = orjson.loads(result.stdout)
    assert text.exit_code == result.exit_code
    assert report["state"] in text.stdout
    assert all(row["fault"] in text.stdout for row in report["differences"])
    return result.exit_code, report


def statement(record: Path) -> dict[str, Any]:
    envelope = orjson.loads(record.read_bytes())["dsseEnvelope"]
    document: dict[str, Any] = orjson.loads(base64.b64decode(envelope["payload"]))
    return document


def test_weights_that_were_signed_are_verified(weights: Path, keys: tuple[str, str]) -> None:
    record = signed(weights, keys[0])
    code, report = verify(weights, record, keys[1])
    assert (code, report["ok"], report["state"], report["differences"]) == (0, True, "verified", [])
    assert report["manifest"] == f"sha256:{statement(record)['subject'][0]['digest']['sha256']}"


def test_what_is_known_of_the_deployment_is_signed(
    weights: Path, keys: tuple[str, str], tmp_path: Path
) -> None:
    server = Authority(tmp_path).issue("r1", "127.0.0.1")
    claims = {"commit": "56d4cbb", "licence": "MIT", "derived-from": "R1", "image": "sha256:aa"}
    options = [word for name, value in claims.items() for word in (f"--{name}", value)]
    options += ["--model", "deepseek-r1", "--certificate", str(server.cert_file)]
    signed_claims = statement(signed(weights, keys[0], *options))["predicate"]["deployment"]
    assert signed_claims == {
        **{name.replace("-", "_"): value for name, value in claims.items()},
        "expires": f"{NEXT_YEAR}T00:00:00Z",
        "model": "deepseek-r1",
        "spki": spki_pin(server.der),
    }


def test_swapped_weights_are_a_mismatch_and_each_difference_is_reported(
    weights: Path, keys: tuple[str, str]
) -> None:
    record = signed(weights, keys[0])
    (weights / "shards/1.safetensors").write_bytes(b"2" * 3_000_000)
    (weights / "modeling.py").write_text("import os")
    code, report = verify(weights, record, keys[1])
    assert (code, report["state"]) == (1, "mismatch")
    assert report["differences"] == [
        {"path": "modeling.py", "fault": "not signed"},
        {"path": "shards/1.safetensors", "fault": "altered"},
    ]


def test_another_key_gives_unverified(weights: Path, keys: tuple[str, str], tmp_path: Path) -> None:
    other = str(key_pair(tmp_path, "other")[1])
    record = signed(weights, keys[0])
    code, report = verify(weights, record, other)
    assert (code, report["state"], report["manifest"]) == (1, "unverified", "")
    assert "not trusted" in report["why"]
    assert verify(weights, record, other, keys[1])[0] == 0


def test_a_record_that_has_expired(weights: Path, keys: tuple[str, str]) -> None:
    record = signed(weights, keys[0], "--expires", "2026-01-01T12:00:00Z")
    code, report = verify(weights, record, keys[1])
    assert (code, report["state"]) == (1, "expired")
    assert report["manifest"].startswith("sha256:")


@pytest.mark.parametrize(
    ("content", "why"),
    [(b"", "not a JSON document"), (b"{}", "one signature"), (b" " * (9 << 20), "longer than")],
)
def test_what_is_no_record(
    weights: Path, keys: tuple[str, str], tmp_path: Path, content: bytes, why: str
) -> None:
    record = tmp_path / "r"
    record.write_bytes(content)
    code, report = verify(weights, record, keys[1])
    assert (code, report["state"]) == (1, "unverified")
    assert why in report["why"]


def test_a_record_among_the_weights_does_not_sign_itself(
    weights: Path, keys: tuple[str, str]
) -> None:
    record = signed(weights, keys[0], "--ignore", "config.json", out=weights / "model.sig")
    assert statement(record)["predicate"]["serialization"]["ignore_paths"] == [
        "config.json",
        "model.sig",
    ]
    (weights / "config.json").write_text("changed")
    assert verify(weights, record, keys[1])[0] == 0


def _faulty(*arguments: str) -> Result:
    result = run("models", *arguments)
    assert result.exit_code in (1, 2)
    assert "Traceback" not in result.output
    return result


def test_what_cannot_be_signed_is_reported(
    weights: Path, keys: tuple[str, str], tmp_path: Path
) -> None:
    out = ("--out", str(tmp_path / "out"), "--expires", NEXT_YEAR)
    sign = ("sign", str(weights), "--key", keys[0])
    assert "private key" in _faulty("sign", str(weights), "--key", keys[1], *out).stderr
    assert "can't be read" in _faulty(*sign, *out, "--certificate", "none").stderr
    assert "not a certificate" in _faulty(*sign, *out, "--certificate", keys[1]).stderr
    assert "ignore_paths" in _faulty(*sign, *out, "--ignore", "../x").stderr
    assert "model" in _faulty(*sign, *out, "--model", "").stderr
    assert "can't be written" in _faulty(*sign, *out, "--out", "/proc/none/x").stderr
    (weights / "link").symlink_to("/etc/passwd")
    assert "link: a symbolic link" in _faulty(*sign, *out).stderr
    assert not (tmp_path / "out").exists()


def test_a_deployment_is_verified_as_it_is_configured(
    weights: Path, keys: tuple[str, str], tmp_path: Path
) -> None:
    bound = {"record": str(signed(weights, keys[0])), "keys": [keys[1]]}
    places = {
        "r1-a": deployment("http://127.0.0.1:9/v1", provenance=bound),
        "r1-b": deployment("http://127.0.0.1:9/v1"),
    }
    config = ("--config", str(write_config(tmp_path, deployments=places, models={})))
    assert run("models", "verify", "r1-a", *config).stdout.startswith("verified  sha256:")
    (weights / "config.json").write_text("swapped")
    assert run("models", "verify", "r1-a", *config).exit_code == 0
    both = run("models", "verify", "r1-a", "--weights", str(weights), *config)
    assert (both.exit_code, both.stdout.splitlines()[0]) == (1, "config.json: altered")
    assert "has no record" in _faulty("verify", "r1-b", *config).stderr
    assert "no such deployment" in _faulty("verify", "r1-c", *config).stderr
    half = _faulty("verify", str(weights), "--record", str(bound["record"]), *config)
    assert "--record and --key" in half.stderr


def test_what_cannot_be_verified_is_reported(weights: Path, keys: tuple[str, str]) -> None:
    record = signed(weights, keys[0])
    ask = ("--record", str(record), "--key")
    assert "can't be listed" in _faulty("verify", str(weights / "x"), *ask, keys[1]).stderr
    assert "public key" in _faulty("verify", str(weights), *ask, keys[0]).stderr
    none = _faulty("verify", str(weights), "--record", "none", "--key", keys[1], "--json")
    assert orjson.loads(none.stdout)["faults"] == ["none: can't be read: No such file or directory"]


@needs_signer
@pytest.mark.parametrize("curve", [ec.SECP256R1(), ec.SECP384R1(), ec.SECP521R1()])
def test_openssf_verifies_what_we_sign_and_we_what_it_signs(
    weights: Path, tmp_path: Path, curve: ec.EllipticCurve
) -> None:
    private, public = pair(tmp_path, curve)
    ours, theirs = signed(weights, private, "--model", "r1"), weights.parent / "theirs.sig"
    assert openssf("sign", weights, theirs, "--private_key", private)
    assert verify(weights, theirs, public)[0] == 0
    assert openssf("verify", weights, ours, "--public_key", public)
    manifests = [statement(record)["subject"][0]["digest"] for record in (ours, theirs)]
    assert manifests[0] == manifests[1]


@needs_signer
def test_openssf_refuses_swapped_weights_as_we_do(weights: Path, keys: tuple[str, str]) -> None:
    record = signed(weights, keys[0])
    (weights / "config.json").write_text("swapped")
    assert verify(weights, record, keys[1])[1]["state"] == "mismatch"
    assert not openssf("verify", weights, record, "--public_key", keys[1])


def pair(folder: Path, curve: ec.EllipticCurve) -> tuple[str, str]:
    key = ec.generate_private_key(curve)
    private, public = folder / "own.pem", folder / "own.pub.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(
        key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    return str(private), str(public)


def openssf(verb: str, folder: Path, signature: Path, *key: str) -> bool:
    command = [str(SIGNER), verb, "key", str(folder), "--signature", str(signature), *key]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0
