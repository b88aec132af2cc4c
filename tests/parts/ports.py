"""Loopback ports for servers that keep their port over restarts."""

import random
import socket
from typing import Final

# Below the ephemeral ports of Linux (32768 and up): no connection and no other server takes such a port before the
# server listens, or between two starts. Each process of a test run draws in its own order, and no port twice.
_PORTS: Final = iter(random.SystemRandom().sample(range(16_384, 32_768), 16_384))


def free_port() -> int:
    """A port that nothing listens on."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
