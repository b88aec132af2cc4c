"""Every caller that the gateway would authenticate by a stored credential, and no other."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.identity.callers import StoredCallers
from gateway.identity.keys.key_file import Row, mark_revoked, mint, write
from gateway.keys import KeyRing
from gateway.settings.identity import Identity

RING = KeyRing.new()
NOW = datetime.now(UTC)
CONFIGURED = {"id": "env", "key_env": "K", "tenant": "acme", "app": "env"}
CERTIFIED = {"id": "portal", "tenant": "globex", "app": "portal", "dns": "portal.example"}


def row(key_id: str, app: str, *, expires: datetime | None = None) -> Row:
    fields: dict[str, Any] = {"key_id": key_id, "tenant": "acme", "groups": ("finance",)}
    return mint(RING, app=app, expires=expires, **fields)[1]


def stored(folder: Path, *rows: Row, **settings: Any) -> StoredCallers:
    path = folder / "keys.json"
    write(path, rows)
    return StoredCallers.of(Identity.model_validate({"keys_file": path, **settings}))


def test_B90_every_kind_of_stored_credential_is_known(tmp_path: Path) -> None:
    certificates = {"callers": [CERTIFIED], "proxy": {"addresses": ["10.0.0.7"]}}
    callers = stored(tmp_path, row("billing", "file"), keys=[CONFIGURED], certificates=certificates)
    assert list(callers.usable) == ["env", "portal", "billing"]
    assert callers.find("billing") == row("billing", "file").principal()
    assert callers.find("portal").method == "certificate"
    assert callers.find(None) == callers.find("env")


def test_B90_the_first_key_of_the_file_is_the_default_where_none_is_configured(
    tmp_path: Path,
) -> None:
    assert stored(tmp_path, row("a", "first"), row("b", "second")).find(None).app == "first"


def test_B90_an_id_in_both_is_the_configured_one(tmp_path: Path) -> None:
    assert stored(tmp_path, row("env", "file"), keys=[CONFIGURED]).find("env").app == "env"


def test_B90_of_several_secrets_the_newest_usable_one_counts(tmp_path: Path) -> None:
    gone = row("a", "old", expires=NOW - timedelta(days=1))
    callers = stored(tmp_path, gone, row("a", "new"))
    assert callers.find("a").app == "new"
    assert callers.refused == frozenset()


def test_B90_a_key_that_would_be_refused_is_no_caller(tmp_path: Path) -> None:
    rows = [row("a", "revoked"), row("b", "expired", expires=NOW - timedelta(days=1))]
    mark_revoked(rows, "a")
    callers = stored(tmp_path, *rows)
    assert not callers.usable
    assert callers.refused == {"a", "b"}
    for name in ("a", "b"):
        with pytest.raises(ConfigError, match="expired or was revoked"):
            callers.find(name)
    with pytest.raises(ConfigError, match="no caller with the id 'c'"):
        callers.find("c")
    with pytest.raises(ConfigError, match="no caller is stored"):
        callers.find(None)


def test_B90_a_key_file_that_is_not_made_yet_has_no_callers(tmp_path: Path) -> None:
    identity = Identity.model_validate({"keys_file": tmp_path / "later.json"})
    assert StoredCallers.of(identity) == StoredCallers(usable={})


def test_B90_a_key_file_that_cannot_be_read_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("{}")
    with pytest.raises(ConfigError, match="not a key file"):
        StoredCallers.of(Identity.model_validate({"keys_file": tmp_path / "keys.json"}))
