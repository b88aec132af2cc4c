"""The file of keyed hashes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.identity.keys.key_file import KeyFile, Row, mint, prefix_of, read, write
from gateway.keys import KeyRing

RING = KeyRing.new()
NOW = datetime.now(UTC)


def minted(expires: datetime | None = None, ring: KeyRing = RING) -> tuple[str, Row]:
    return mint(
        ring, key_id="billing", tenant="acme", app="billing", groups=("finance",), expires=expires
    )


def test_a_key_is_found_by_its_prefix_and_proven_by_its_secret(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    key, row = minted()
    write(path, [row, minted()[1]])
    file = KeyFile(path, RING)
    assert prefix_of(key.encode()) == row.prefix
    assert file.find(key.encode()) == row
    assert row.principal().groups == {"finance"}
    for wrong in (key[:-1] + "~", key[:-1], key.replace("sk-", "sk_"), key.upper(), ""):
        assert file.find(wrong.encode()) is None
    swapped = key[: len("sk-sekisho-") + 11] + minted()[0][-43:]
    assert file.knows(row.prefix)
    assert file.find(swapped.encode()) is None


def test_the_file_holds_no_key(tmp_path: Path) -> None:
    key, row = minted()
    write(tmp_path / "keys.json", [row])
    text = (tmp_path / "keys.json").read_text()
    assert key not in text
    assert key[-43:] not in text
    assert (tmp_path / "keys.json").stat().st_mode & 0o077 == 0


def test_a_hash_is_useless_with_another_ring(tmp_path: Path) -> None:
    key, row = minted()
    write(tmp_path / "keys.json", [row])
    assert KeyFile(tmp_path / "keys.json", KeyRing.new()).find(key.encode()) is None
    assert KeyFile(tmp_path / "keys.json", RING.rotate()).find(key.encode()) == row


def test_a_key_is_usable_until_it_expires_or_is_revoked() -> None:
    _, row = minted(NOW + timedelta(hours=1))
    assert row.usable(NOW.timestamp())
    assert not row.usable((NOW + timedelta(hours=1)).timestamp())
    assert not row.model_copy(update={"revoked": NOW}).usable(NOW.timestamp())


def test_a_file_that_changes_is_read_again_and_a_broken_one_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    file = KeyFile(path, RING)
    key, row = minted()
    write(path, [row])
    file.refresh()
    assert file.find(key.encode()) == row
    path.write_text("{")
    with pytest.raises(ConfigError):
        file.refresh()
    assert file.find(key.encode()) == row
    write(path, [row.model_copy(update={"revoked": NOW})])
    file.refresh()
    assert list(file.revoked()) == [row.prefix]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"format": "other", "keys": []}',
        '{"format": "sekisho-api-keys/1", "keys": [{}]}',
        '{"format": "sekisho-api-keys/1", "keys": [], "more": 1}',
    ],
)
def test_what_is_no_key_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "keys.json").write_text(text)
    with pytest.raises(ConfigError, match="not a key file"):
        read(tmp_path / "keys.json")


def test_a_prefix_given_twice_is_refused(tmp_path: Path) -> None:
    _, row = minted()
    write(tmp_path / "keys.json", [row, row])
    with pytest.raises(ConfigError, match="twice"):
        read(tmp_path / "keys.json")


def test_a_name_must_be_one() -> None:
    with pytest.raises(ValidationError):
        mint(RING, key_id="A b", tenant="acme", app="billing", groups=(), expires=None)
