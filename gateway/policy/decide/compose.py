"""Builds the policies of one gateway process, and what refreshes them, as the configuration describes."""

from gateway.background import Background
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import load
from gateway.policy.compile.bundle_source import BundleSource
from gateway.policy.compile.signatures import Verifier
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.engine import Engine
from gateway.policy.decide.live import LivePolicy
from gateway.policy.decide.opa import OpaEngine
from gateway.policy.decide.refresh import FileSource, PolicyListener, PolicySource, Refresher
from gateway.settings.policy import Policy


def policy_verifier(settings: Policy) -> Verifier | None:
    """The verifier of the signatures of policies; ``None`` where none is configured.

    Raises:
        ConfigError: the key can't be read.
    """
    verify = settings.verify
    return None if verify is None else Verifier(verify.key_file, verify.algorithm, verify.scope)


def live_policy(settings: Policy, verifier: Verifier | None, background: Background) -> LivePolicy:
    """The live policies, on the configured engine, not yet started.

    Raises:
        ConfigError: the policies can't be used.
    """

    def engine(build: Build) -> Engine:
        return EmbeddedEngine(build) if settings.opa is None else OpaEngine(settings.opa, build)

    return LivePolicy(load(settings.initial_path, verifier), engine, background)


def candidate_policy(settings: Policy, background: Background) -> LivePolicy | None:
    """The candidate policies, if any. They always run in this process, so that a trial puts no load on an OPA server.

    Raises:
        ConfigError: the policies can't be used.
    """
    path = settings.candidate
    return None if path is None else LivePolicy(load(path), EmbeddedEngine, background)


def refreshers(
    settings: Policy,
    policy: LivePolicy,
    candidate: LivePolicy | None,
    verifier: Verifier | None,
    listener: PolicyListener,
    background: Background,
) -> tuple[Refresher, ...]:
    """The refreshers of the live policies, and of the candidate when there is one."""
    source: PolicySource
    if settings.bundle is None:
        source, seconds = FileSource(settings.path, verifier), settings.watch_seconds
    else:
        source, seconds = BundleSource(settings.bundle, verifier), settings.bundle.poll_seconds
    live = Refresher("live", source, policy.swap, listener, seconds, background)
    if candidate is None or settings.candidate is None:
        return (live,)
    files, seconds = FileSource(settings.candidate, None), settings.watch_seconds
    return (live, Refresher("candidate", files, candidate.swap, listener, seconds, background))
