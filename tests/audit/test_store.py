"""The URL of a store."""

from pathlib import Path

import pytest

from gateway.audit.store import sqlite_path


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///audit.db", Path("audit.db")),
        ("sqlite:///var/audit.db", Path("var/audit.db")),
        ("sqlite:////var/audit.db", Path("/var/audit.db")),
    ],
)
def test_sqlite_urls_name_files(url: str, path: Path) -> None:
    assert sqlite_path(url) == path


@pytest.mark.parametrize(
    "url", ["", "audit.db", "sqlite:///", "sqlite://audit.db", "postgresql://x"]
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///"):
        sqlite_path(url)
