import os
import socket
import subprocess
import threading

import pytest

from gateway.upstream.litellm.no_network import NetworkAttempted, NoNetwork


@pytest.mark.parametrize(
    "reach",
    [
        lambda: socket.create_connection(("127.0.0.1", 9)),
        lambda: socket.getaddrinfo("example.com", 443),
        socket.socket,
        lambda: subprocess.run(["true"], check=True),  # noqa: S607
        lambda: os.system("true"),  # noqa: S605, S607
    ],
    ids=["connect", "names", "socket", "process", "shell"],
)
def test_nothing_reaches_out_under_the_seal(reach: object) -> None:
    seal = NoNetwork()
    with seal, pytest.raises(NetworkAttempted):
        reach()  # type: ignore[operator]
    assert seal.triggered


def test_it_holds_in_its_thread_and_for_its_block_alone() -> None:
    opened: list[socket.socket] = []
    with NoNetwork() as seal:
        other = threading.Thread(target=lambda: opened.append(socket.socket()))
        other.start()
        other.join()
    socket.socket().close()
    opened.pop().close()
    assert not seal.triggered
