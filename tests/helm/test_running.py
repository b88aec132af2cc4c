"""A Pod's processes do their work with what the chart gives them: its arguments, its volumes, its user, nothing else."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.keys import KeyRing
from gateway.policy.compile.build import build
from gateway.policy.compile.bundle import pack
from tests.parts.chart import config, pod
from tests.parts.opa import ROOT
from tests.parts.pod import run_pod


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that other users may enter, as pytest's own may not be."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_a_pod_becomes_ready_and_ends_in_order(folder: Path) -> None:
    values = {
        "config": {
            "workers": 2,
            "state": {"url": "redis://127.0.0.1:6379/0"},
            "detect": {"processes": 1, "languages": ["ja"]},
        }
    }
    contents = {
        "config": {"sekisho.yaml": config(values).encode()},
        "key-ring": {"ring.json": KeyRing.new().dump().encode()},
        "redis": {"password": b"a password of the Redis"},
        "policy": {"bundle.tar.gz": pack(build(ROOT / "policies"))},
    }
    told = run_pod(folder, pod(values), contents)
    assert set(told["probes"].values()) == {200}
    assert told["writable"] == ["/tmp", "/var/lib/sekisho"]
    assert told["exit"] == {"gateway": 0, "opa": 0}
    logs = sorted(path.name for path in (folder / "audit").glob("*.db"))
    assert logs == ["audit-1.db", "audit-2.db", "audit.db"]
    assert {path.stat().st_uid for path in (folder / "audit").iterdir()} == {65532}
    assert not any((folder / "tmp").iterdir())
