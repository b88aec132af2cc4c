"""``sekisho worker`` is for the supervisor alone."""

from tests.parts.commands import run


def test_it_is_hidden_and_needs_the_supervisors_sockets() -> None:
    assert "worker" not in run("--help").output
    assert run("worker").exit_code == 2
