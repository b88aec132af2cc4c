"""In a network namespace that has a loopback and nothing else, start-up and the demonstration work, and nothing tries to leave.

The kernel counts: a connection or datagram that has nowhere to go is an ``OutNoRoutes`` (RFC 4293, ipSystemStatsOutNoRoutes),
and a question to a name server on the loopback is a datagram.
"""

import itertools
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

UNSHARE = shutil.which("unshare") or "false"
_INSIDE = (
    'ip link set lo up; "$@"; code=$?; cat /proc/net/snmp /proc/net/snmp6 > "$COUNTS"; exit $code'
)


@pytest.fixture(scope="module", autouse=True)
def namespaces() -> None:
    if (
        shutil.which("ip") is None
        or subprocess.run([UNSHARE, "-n", "true"], check=False).returncode
    ):
        pytest.skip("a network namespace needs unshare, ip and CAP_SYS_ADMIN")


def inside(folder: Path, *command: str) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    """A command in a namespace of its own, and what the kernel counted there."""
    counts = folder / "counts"
    done = subprocess.run(
        [UNSHARE, "-n", "--kill-child", "--fork", "sh", "-c", _INSIDE, "sh", *command],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "COUNTS": str(counts), "HOME": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    return done, _attempts(counts.read_text())


def _attempts(counts: str) -> dict[str, int]:
    lines = counts.splitlines()
    found: dict[str, int] = {}
    for names, values in itertools.pairwise(lines):
        group = names.split(":")[0]
        if group in ("Ip", "Udp") and values.startswith(f"{group}:") and "Out" in names:
            row = dict(zip(names.split()[1:], map(int, values.split()[1:]), strict=True))
            found |= {f"{group}{name}": row[name] for name in row if name in _COUNTED}
    six = dict(line.split() for line in lines if line.startswith(("Ip6", "Udp6")))
    return {**found, **{name: int(six[name]) for name in ("Ip6OutNoRoutes", "Udp6OutDatagrams")}}


_COUNTED = ("OutNoRoutes", "OutDatagrams")
NOTHING = {"IpOutNoRoutes": 0, "UdpOutDatagrams": 0, "Ip6OutNoRoutes": 0, "Udp6OutDatagrams": 0}


def test_the_kernel_counts_an_attempt(tmp_path: Path) -> None:
    attempt = (
        "import socket\n"
        "for family, host in ((socket.AF_INET, '192.0.2.1'), (socket.AF_INET6, '2001:db8::1')):\n"
        "    try: socket.socket(family).connect((host, 443))\n"
        "    except OSError: pass\n"
        "socket.socket(type=socket.SOCK_DGRAM).sendto(b'?', ('127.0.0.1', 53))\n"
    )
    _, counted = inside(tmp_path, sys.executable, "-c", attempt)
    assert counted == {**NOTHING, "IpOutNoRoutes": 1, "Ip6OutNoRoutes": 1, "UdpOutDatagrams": 1}


def test_T55_the_demonstration_works_without_a_network_and_asks_for_none(tmp_path: Path) -> None:
    done, counted = inside(tmp_path, sys.executable, "-m", "gateway", "demo", "--json")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert json.loads(done.stdout)["kept"] is True
    assert counted == NOTHING
