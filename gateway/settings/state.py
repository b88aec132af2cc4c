"""Settings of what replicas share."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from gateway.settings.section import Section


class State(Section):
    """What replicas share: counters, revocations, breakers, sealed entries."""

    url: str = Field(
        "memory://",
        pattern=r"^(memory://$|rediss?(\+sentinel|\+cluster)?://)",
        description="`memory://` (this process alone), or a Redis: [the forms](state.md).",
    )
    username: str | None = Field(None, description="The Redis user (ACL).")
    password_file: Path | None = Field(None, description="File with the Redis password.")
    sentinel_password_file: Path | None = Field(
        None, description="File with the password of the sentinels, where they have one."
    )
    ca_file: Path | None = Field(None, description="CA bundle that the store must chain to.")
    cert_file: Path | None = Field(None, description="Client certificate towards the store.")
    key_file: Path | None = Field(None, description="Its private key.")
    timeout_ms: int = Field(
        250, ge=1, description="Milliseconds one call to the store may take, connecting included."
    )
    grace_seconds: float = Field(
        30.0,
        ge=0,
        description="Seconds for which quotas are counted in this process while the store is away; then: 503.",
    )
    grace_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="The part of each limit that this process may grant in that time.",
    )
    stale_seconds: float = Field(
        1.0,
        gt=0,
        description="Seconds without news of revocations after which credentials that can be revoked are refused: 503.",
    )

    replies_seconds: float = Field(
        3600.0,
        ge=0,
        le=31 * 86_400,
        description="Seconds for which replies of `/v1/responses` are kept, sealed, for callers to go on from; 0 keeps none.",
    )
    reply_bytes: int = Field(
        262_144,
        ge=1024,
        description="Bytes of a conversation beyond which its reply is not kept.",
    )

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist."""
        return {
            "state.password_file": self.password_file,
            "state.sentinel_password_file": self.sentinel_password_file,
            "state.ca_file": self.ca_file,
            "state.cert_file": self.cert_file,
            "state.key_file": self.key_file,
        }
