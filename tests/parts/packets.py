"""Counts the TCP packets that reach a port, as the kernel delivers them: no counter of ours has a part in it."""

import socket
import struct
from typing import Self

import pytest

_ETH_P_ALL = 0x0003
_ETHERNET = 14
_TCP = 6


class PacketCount:
    """Packets to one port on the loopback interface while the context is open.

    Args:
        port: the destination port.
    """

    def __init__(self, port: int) -> None:
        self._port = port

    def __enter__(self) -> Self:
        try:
            self._raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ETH_P_ALL))
        except PermissionError:
            pytest.skip("counting packets needs CAP_NET_RAW")
        self._raw.bind(("lo", 0))
        self._raw.setblocking(False)
        return self

    def __exit__(self, *_: object) -> None:
        self._raw.close()

    def read(self) -> int:
        """How many came since the last time. Other traffic of the host is read and left out."""
        count = 0
        while True:
            try:
                frame = self._raw.recv(65536)
            except BlockingIOError:
                return count
            count += _port(frame) == self._port


def _port(frame: bytes) -> int | None:
    """The TCP destination port of an Ethernet frame."""
    (kind,) = struct.unpack_from("!H", frame, 12)
    if kind == 0x0800 and frame[_ETHERNET + 9] == _TCP:
        start = _ETHERNET + 4 * (frame[_ETHERNET] & 0x0F)
    elif kind == 0x86DD and frame[_ETHERNET + 6] == _TCP:
        start = _ETHERNET + 40
    else:
        return None
    return int(struct.unpack_from("!H", frame, start + 2)[0])
