"""Settings of policies, and of the engine that evaluates them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from gateway.settings.section import Section


class Opa(Section):
    """An Open Policy Agent server."""

    url: str = Field(pattern=r"^https?://", description="Base URL, such as http://127.0.0.1:8181.")
    token_file: Path | None = Field(None, description="File with the bearer token.")
    ca_file: Path | None = Field(None, description="CA bundle for TLS.")
    timeout_ms: int = Field(500, ge=1, description="Milliseconds to wait for a decision.")


class PolicyBundle(Section):
    """A server from which policy bundles are polled."""

    url: str = Field(pattern=r"^https?://", description="URL of the bundle.")
    token_file: Path | None = Field(None, description="File with the bearer token.")
    ca_file: Path | None = Field(None, description="CA bundle for TLS.")
    poll_seconds: float = Field(60.0, gt=0, description="Seconds between polls.")
    timeout_seconds: float = Field(10.0, gt=0, description="Seconds a download may take.")
    keep: Path | None = Field(
        None, description="File for the last valid bundle; a restart begins with it."
    )


class PolicyVerify(Section):
    """The required signature of bundles; unsigned bundles and folders are then refused."""

    key_file: Path = Field(description="The public key, PEM.")
    algorithm: Literal["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "ES512"] = Field(
        "RS256", description="The only accepted algorithm."
    )
    scope: str = Field("", description="The scope that the signature must have.")


class Policy(Section):
    """Which policies apply, and which engine evaluates them."""

    engine: Literal["embedded", "opa"] = Field(
        "embedded", description="`embedded` evaluates in the process, `opa` asks a server."
    )
    path: Path = Field(
        Path("policies"), description="A policy source folder, or a build made by `policy build`."
    )
    # A single value: no other behaviour is offered, and none by accident.
    on_error: Literal["deny"] = Field("deny", description="Decision when the engine fails.")
    opa: Opa | None = Field(None, description="The server, when `engine` is `opa`.")
    watch_seconds: float = Field(
        2.0,
        ge=0,
        description="Seconds between checks of `path` for changes; 0 checks only on SIGHUP.",
    )
    bundle: PolicyBundle | None = Field(None, description="A bundle service to poll.")
    verify: PolicyVerify | None = Field(None, description="Require signed bundles.")
    candidate: Path | None = Field(
        None,
        description="Policies evaluated alongside the live ones; their decisions are recorded and have no effect.",
    )

    @property
    def initial_path(self) -> Path:
        """What is loaded at start: the last valid download, if there is one, else `path`."""
        kept = self.bundle.keep if self.bundle is not None else None
        return kept if kept is not None and kept.exists() else self.path

    @model_validator(mode="after")
    def _opa_fits_the_engine(self) -> "Policy":
        if (self.engine == "opa") != (self.opa is not None):
            raise ValueError("`opa` is needed with `engine: opa`, and only then")
        return self

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist."""
        opa, bundle, verify = self.opa, self.bundle, self.verify
        return {
            "policy.path": self.path,
            "policy.candidate": self.candidate,
            "policy.verify.key_file": verify.key_file if verify else None,
            "policy.bundle.token_file": bundle.token_file if bundle else None,
            "policy.bundle.ca_file": bundle.ca_file if bundle else None,
            "policy.opa.token_file": opa.token_file if opa else None,
            "policy.opa.ca_file": opa.ca_file if opa else None,
        }
