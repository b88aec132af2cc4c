"""The bar is drawn for what takes long, on a terminal, and for nothing else."""

import pytest

from gateway.cli.progress import DelayedProgress


def test_what_is_quick_draws_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with DelayedProgress("Verifying") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_what_is_no_terminal_gets_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with DelayedProgress("Verifying", after=0) as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")


def test_what_takes_long_is_printed_on_standard_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with DelayedProgress("Verifying", after=0) as progress:
        progress(1000, 2500)
        progress(2000, 2500)
    out, err = capsys.readouterr()
    assert out == ""
    assert "Verifying" in err
    assert "2000/2500" in err
