"""Ports on loopback for servers that keep theirs over restarts."""

import random
import socket
from typing import Final

# Below those that Linux gives out by itself (32768 and up): no connection and no other server takes one before it is
# listened on, or between two starts. Each process of a test run draws in an order of its own, and none twice.
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
