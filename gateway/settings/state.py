"""Settings of the state that replicas share."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import Field

from gateway.settings.section import Section


class State(Section):
    """State that replicas share: counters, revocations, encrypted entries."""

    url: str = Field(
        "memory://",
        pattern=r"^(memory://$|rediss?(\+sentinel|\+cluster)?://)",
        description="`memory://` (this process only), or a Redis: [supported forms](state.md).",
    )
    username: str | None = Field(None, description="The Redis user (ACL).")
    password_file: Path | None = Field(None, description="File with the Redis password.")
    sentinel_password_file: Path | None = Field(
        None, description="File with the password of the sentinels, if they have one."
    )
    ca_file: Path | None = Field(
        None, description="CA bundle that the store's certificate must chain to."
    )
    cert_file: Path | None = Field(None, description="Client certificate for the store (PEM).")
    key_file: Path | None = Field(None, description="Its private key.")
    timeout_ms: int = Field(
        250,
        ge=1,
        description="Time-out of one call to the store, in milliseconds, connecting included.",
    )
    grace_seconds: float = Field(
        30.0,
        ge=0,
        description="Seconds for which quotas are counted in this process while the store is unavailable; then: 503.",
    )
    grace_share: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Fraction of each limit that this process may grant in that time.",
    )
    stale_seconds: float = Field(
        1.0,
        gt=0,
        description="Maximum age of the revocation list, in seconds; when it is older, credentials that can be revoked are refused: 503.",
    )
    replies_seconds: float = Field(
        3600.0,
        ge=0,
        le=31 * 86_400,
        description="Seconds for which replies of `/v1/responses` are stored, encrypted, so that callers can continue from them; 0 stores none.",
    )
    reply_bytes: int = Field(
        262_144,
        ge=1024,
        description="Maximum size of a conversation, in bytes; replies of larger ones are not stored.",
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
