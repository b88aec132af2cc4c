"""Settings that every issuer of signed tokens has, whatever its tokens are for."""

from pathlib import Path
from typing import Literal, TypeAlias

from pydantic import Field

from gateway.settings.section import Section

Algorithm: TypeAlias = Literal[
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"
]
"""Signatures with a private key: with a shared secret, whoever verifies could also sign."""


class Provider(Section):
    """An OpenID provider whose tokens are accepted."""

    issuer: str = Field(
        pattern=r"^https?://[^?#]+$", description="The issuer, exactly as its tokens name it."
    )
    audience: str = Field(min_length=1, description="What tokens must be meant for.")
    algorithms: tuple[Algorithm, ...] = Field(
        ("RS256", "PS256", "ES256", "EdDSA"),
        min_length=1,
        description="Algorithms of signatures that are accepted.",
    )
    ca_file: Path | None = Field(None, description="CA bundle that the issuer must chain to.")
    skew_seconds: float = Field(
        30.0, ge=0, le=300, description="Seconds by which clocks may differ."
    )
    refresh_seconds: float = Field(
        300.0, ge=1, description="Seconds between two looks at the issuer's keys."
    )
    stale_seconds: float = Field(
        3600.0, ge=1, description="Seconds for which keys are relied on when the issuer is away."
    )
