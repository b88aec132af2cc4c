"""Settings of the process itself: ports, limits, key ring, audit log and logging."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from gateway.settings.section import Section


class ListenTls(Section):
    """TLS on a port. Changed files apply from the next connection."""

    cert_file: Path = Field(description="Certificate and its chain, PEM.")
    key_file: Path = Field(description="Its private key, PEM, without a passphrase.")
    client_ca_file: Path | None = Field(
        None,
        description="CA bundle, PEM, to which client certificates must chain.",
    )
    client_certificates: Literal["required", "optional"] = Field(
        "required",
        description="With `client_ca_file`: whether every client must present a certificate, or clients without one may connect too.",
    )

    @model_validator(mode="after")
    def _needs_a_ca(self) -> "ListenTls":
        if self.client_certificates == "optional" and self.client_ca_file is None:
            raise ValueError(
                "client_certificates needs client_ca_file: otherwise no certificate is requested"
            )
        return self


class Listen(Section):
    """An address to listen on."""

    host: str = Field("127.0.0.1", description="Address to bind; loopback by default.")
    port: int = Field(8080, ge=0, le=65535, description="TCP port; 0 lets the system choose one.")
    tls: ListenTls | None = Field(None, description="TLS on this port; without it: plain HTTP.")

    def files(self, where: str) -> Mapping[str, Path | None]:
        """Files that must exist."""
        if self.tls is None:
            return {}
        names = ("cert_file", "key_file", "client_ca_file")
        return {f"{where}.tls.{name}": getattr(self.tls, name) for name in names}


class Admin(Listen):
    """The port of metrics, detailed health and the admin API, separate from the public port."""

    port: int = Field(8081, ge=0, le=65535, description="TCP port; 0 lets the system choose one.")


class Limits(Section):
    """Limits on a request before its content is known."""

    body_bytes: int = Field(
        8 * 1024 * 1024,
        ge=1024,
        description="Maximum size of a request body, in bytes; larger: 413.",
    )
    body_seconds: float = Field(
        30.0, gt=0, description="Seconds a client may take to send the body; longer: 408."
    )
    header_bytes: int = Field(
        64 * 1024,
        ge=4096,
        description="Maximum size of a request's line and headers, and of its trailers and chunk framing, in bytes; larger: 431.",
    )
    header_seconds: float = Field(
        10.0, gt=0, description="Seconds a client may take to send the headers; longer: 408."
    )
    connections: int = Field(
        2000,
        ge=1,
        description="Maximum client connections of one process and port; more are closed at once.",
    )
    idle_seconds: float = Field(
        75.0,
        gt=0,
        description="Seconds that a connection is kept open without a request. More than those of a load balancer in front, which must close first.",
    )
    send_seconds: float = Field(
        60.0,
        gt=0,
        description="Seconds in which a client must take what waits for it, at 1 KiB a second at least; slower: the connection is closed.",
    )
    reply_seconds: float = Field(
        3600.0,
        gt=0,
        description="Seconds from the headers of a request until a slow client has taken the last byte; longer: the connection is closed.",
    )
    concurrent_requests: int = Field(
        64, ge=1, description="Maximum requests of one credential in flight; more: 429."
    )
    output_tokens: int = Field(
        8192,
        ge=1,
        description="Longest reply, in tokens, when the caller sets no limit and a quota counts tokens or money: reserved, and sent as `max_tokens`.",
    )


class Keys(Section):
    """Source of the key ring: a file, or an environment variable with its JSON."""

    ring_file: Path | None = Field(None, description="Path of the key ring (JSON).")
    ring_env: str | None = Field(None, description="Environment variable that holds the key ring.")

    @model_validator(mode="after")
    def _exactly_one(self) -> "Keys":
        if (self.ring_file is None) == (self.ring_env is None):
            raise ValueError("give exactly one of ring_file and ring_env")
        return self

    def files(self) -> Mapping[str, Path | None]:
        """Files that must exist."""
        return {"keys.ring_file": self.ring_file}

    def faults(self, environ: Mapping[str, str]) -> list[str]:
        """Faults of the environment variable."""
        if self.ring_env is not None and not environ.get(self.ring_env):
            return [f"keys.ring_env: the environment variable {self.ring_env} is not set"]
        return []


class Audit(Section):
    """The audit log."""

    store: str = Field(
        pattern=r"^sqlite:///.+",
        description="Where records are stored: `sqlite:///relative/path.db` or `sqlite:////absolute/path.db`.",
    )
    on_failure: Literal["block"] = Field(
        "block", description="Behaviour when the store fails: requests are refused."
    )
    checkpoint_seconds: float = Field(
        10.0, gt=0, description="Seconds between signed checkpoints of the log."
    )


class Logs(Section):
    """Logging."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level written."
    )
