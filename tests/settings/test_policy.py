"""Settings of policies: an engine that is whole, no way around a failure, the last good bundle first."""

from pathlib import Path
from typing import Any

import pytest

from gateway.settings.policy import Policy, PolicyBundle
from tests.settings.files import faults, good


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"engine": "opa"}, "`opa` is needed"),
        ({"opa": {"url": "http://127.0.0.1:8181"}}, "`opa` is needed"),
        ({"path": ".", "on_error": "allow"}, "policy.on_error"),
        ({"candidate": "/nonexistent"}, "policy.candidate: /nonexistent does not exist"),
        ({"verify": {"key_file": "/nonexistent"}}, "policy.verify.key_file"),
    ],
)
def test_what_would_not_decide_is_refused(
    tmp_path: Path, change: dict[str, Any], expected: str
) -> None:
    changed = {"path": str(tmp_path), **change}
    assert any(expected in line for line in faults(tmp_path, good(tmp_path, policy=changed)))


def test_a_start_begins_with_the_last_good_download(tmp_path: Path) -> None:
    kept = tmp_path / "kept.tar.gz"
    policy = Policy(bundle=PolicyBundle(url="https://p.example/b.tar.gz", keep=kept))
    assert policy.initial_path == policy.path
    kept.write_bytes(b"")
    assert policy.initial_path == kept
