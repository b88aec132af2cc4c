"""Settings common to all issuers of signed tokens."""

from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field

from gateway.settings.section import Section

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Asymmetric signatures only: with a shared secret, every verifier could also sign."""


class Provider(Section):
    """An OpenID provider whose tokens are accepted."""

    # Neither query nor fragment (OpenID Connect Discovery 1.0, section 3).
    issuer: str = Field(
        pattern=r"^https?://[^?#]+$", description="The issuer, exactly as its tokens name it."
    )
    audience: str = Field(min_length=1, description="The required audience of tokens.")
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"),
        min_length=1,
        description="Accepted signature algorithms.",
    )
    ca_file: Path | None = Field(
        None, description="CA bundle that the issuer's certificate must chain to."
    )
    skew_seconds: float = Field(
        30.0, ge=0, le=300, description="Tolerated clock difference, in seconds."
    )
    refresh_seconds: float = Field(
        300.0, ge=1, description="Seconds between refreshes of the issuer's keys."
    )
    stale_seconds: float = Field(
        3600.0,
        ge=1,
        description="Seconds for which fetched keys are used while the issuer is unreachable.",
    )
