"""Settings of what replicas share: the stores that exist, and the files that must."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings.state import State


@pytest.mark.parametrize("url", ["memory://x", "http://a", "redis:a", "redis+other://a"])
def test_other_stores_are_refused(url: str) -> None:
    with pytest.raises(ValidationError):
        State(url=url)


def test_the_files_that_must_exist_are_named() -> None:
    files = State(url="rediss://store", ca_file=Path("ca.pem")).files()
    assert files["state.ca_file"] == Path("ca.pem")
    assert files["state.key_file"] is None
