"""Counts the TCP packets that reach a port, as the kernel delivers them, independently of the gateway's own counters."""

import ctypes
import socket
import struct
from typing import Self

import pytest

_ETH_P_ALL = 0x0003
_SO_ATTACH_FILTER = 26


class PacketCount:
    """Packets to one port on the loopback interface while the context is open.

    The kernel picks them out by a classic BPF program, so that the host's other traffic can't crowd them out.

    Args:
        port: the destination port.
    """

    def __init__(self, port: int) -> None:
        self._program = b"".join(struct.pack("HBBI", *step) for step in _to_port(port))

    def __enter__(self) -> Self:
        try:
            self._raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        except PermissionError:
            pytest.skip("counting packets needs CAP_NET_RAW")
        held = ctypes.create_string_buffer(self._program)
        steps = len(self._program) // 8
        described = struct.pack("HL", steps, ctypes.addressof(held))
        self._raw.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, described)
        self._raw.bind(("lo", _ETH_P_ALL))
        self._raw.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def read(self) -> int:
        """How many came since the last time."""
        count = 0
        while True:
            try:
                self._raw.recv(65536)
            except BlockingIOError:
                return count
            count += 1


def _to_port(port: int) -> list[tuple[int, int, int, int]]:
    """TCP over IPv4 or IPv6 to the port, as classic BPF over Ethernet frames: code, jumps, operand."""
    return [
        (0x28, 0, 0, 12),  # the protocol within the frame
        (0x15, 0, 5, 0x0800),  # IPv4?
        (0x30, 0, 0, 23),
        (0x15, 0, 8, 6),  # TCP?
        (0xB1, 0, 0, 14),  # its header's length
        (0x48, 0, 0, 16),  # the destination port
        (0x05, 0, 0, 4),
        (0x15, 0, 4, 0x86DD),  # IPv6?
        (0x30, 0, 0, 20),
        (0x15, 0, 2, 6),  # TCP?
        (0x28, 0, 0, 56),  # the destination port
        (0x15, 1, 0, port),
        (0x06, 0, 0, 0),  # leave it
        (0x06, 0, 0, 0xFFFF),  # take it
    ]
