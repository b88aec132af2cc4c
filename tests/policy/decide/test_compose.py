"""The policies of a process are those that the configuration describes."""

from pathlib import Path

import pytest

from gateway.background import Background
from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import load, write
from gateway.policy.compile.bundle_source import BundleSource
from gateway.policy.compile.signatures import Signer
from gateway.policy.decide.compose import (
    candidate_policy,
    live_policy,
    policy_verifier,
    refreshers,
)
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.opa import OpaEngine
from gateway.policy.decide.refresh import FileSource
from gateway.settings.policy import Policy
from tests.parts.signing import key_pair
from tests.policy.conftest import POLICIES
from tests.policy.decide.test_refresh import RecordingListener


def test_the_engine_is_the_configured_one_and_a_candidate_runs_in_the_process(
    shipped: Build,
) -> None:
    background, opa = Background(), {"url": "http://127.0.0.1:9"}
    settings = Policy.model_validate(
        {"path": POLICIES, "candidate": POLICIES, "engine": "opa", "opa": opa}
    )
    live, candidate = (
        live_policy(settings, None, background),
        candidate_policy(settings, background),
    )
    assert isinstance(live.current.engine, OpaEngine)
    assert candidate is not None
    assert isinstance(candidate.current.engine, EmbeddedEngine)
    assert live.current.build.revision == candidate.current.build.revision == shipped.revision
    alone = Policy(path=POLICIES)
    assert isinstance(live_policy(alone, None, background).current.engine, EmbeddedEngine)
    assert candidate_policy(alone, background) is None


def test_each_policy_has_a_refresher_over_its_source() -> None:
    background, listener = Background(), RecordingListener()
    bundle = {"url": "http://127.0.0.1:9/bundle.tar.gz"}
    settings = Policy.model_validate({"path": POLICIES, "candidate": POLICIES, "bundle": bundle})
    live, candidate = (
        live_policy(Policy(path=POLICIES), None, background),
        candidate_policy(settings, background),
    )
    first, second = refreshers(settings, live, candidate, None, listener, background)
    assert (first.role, second.role) == ("live", "candidate")
    assert isinstance(first._source, BundleSource)
    assert isinstance(second._source, FileSource)
    (alone,) = refreshers(Policy(path=POLICIES), live, None, None, listener, background)
    assert isinstance(alone._source, FileSource)


def test_a_signature_is_required_where_it_is_configured(shipped: Build, tmp_path: Path) -> None:
    private, public = key_pair(tmp_path)
    path = tmp_path / "bundle.tar.gz"
    verify = {"key_file": public, "algorithm": "ES256"}
    settings = Policy.model_validate({"path": path, "verify": verify})
    write(shipped, path)
    with pytest.raises(ConfigError, match="not signed"):
        live_policy(settings, policy_verifier(settings), Background())
    write(shipped, path, Signer(private, "ES256"))
    verified = live_policy(settings, policy_verifier(settings), Background())
    assert verified.current.build.revision == load(path).revision
    assert policy_verifier(Policy(path=path)) is None
