"""``sekisho keys create | list | rotate | revoke``."""

import asyncio
import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from typer.testing import Result

from gateway.identity.keys.key_file import KEY_PREFIX, KeyFile, read
from gateway.identity.tokens.subjects import subject_key, subject_name
from gateway.keys import read_ring
from tests.parts.commands import run, write_config
from tests.parts.redis import RedisServer

NAMES = ["--tenant", "acme", "--app", "portal"]


class KeyCommands:
    """The commands on one configuration."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        self.path = folder / "keys.json"
        self.folder = folder
        self._config = write_config(
            folder,
            identity={
                "keys": [
                    {"id": "env", "key_env": "SEKISHO_TEST_KEY", "tenant": "acme", "app": "b"}
                ],
                "keys_file": str(self.path),
            },
            **changes,
        )

    def keys(self, verb: str, *arguments: str) -> Result:
        return run("keys", verb, *arguments, "--config", str(self._config))

    def create(self, key_id: str = "portal", *more: str) -> str:
        made = self.keys("create", "--id", key_id, *NAMES, *more)
        assert made.exit_code == 0, made.output
        return made.stdout.strip()

    def usable(self, key: str) -> bool:
        row = KeyFile(self.path, read_ring(self.folder / "ring.json")).find(key.encode())
        return row is not None and row.usable(time.time())


@pytest.fixture
def key_cli(tmp_path: Path) -> KeyCommands:
    return KeyCommands(tmp_path)


def test_a_key_is_printed_alone_and_kept_as_a_hash(key_cli: KeyCommands) -> None:
    made = key_cli.keys(
        "create", "--id", "portal", *NAMES, "--group", "finance", "--group", "audit"
    )
    key = made.stdout.strip()
    assert key.startswith(KEY_PREFIX)
    assert key not in made.stderr
    assert key not in key_cli.path.read_text()
    assert key_cli.usable(key)
    (row,) = read(key_cli.path)
    assert (row.tenant, row.app, row.groups, row.expires) == (
        "acme",
        "portal",
        ("finance", "audit"),
        None,
    )


def test_a_key_may_hold_roles_and_keeps_them(key_cli: KeyCommands) -> None:
    key_cli.create("desk", "--role", "auditor", "--role-tenant", "*")
    key_cli.keys("rotate", "desk")
    assert [(row.roles, row.role_tenants) for row in read(key_cli.path)] == [
        (("auditor",), ("*",))
    ] * 2
    wrong = key_cli.keys("create", "--id", "other", *NAMES, "--role", "root")
    assert wrong.exit_code == 2
    assert "--role: one of policy-editor" in wrong.stderr


def test_an_id_is_taken_once(key_cli: KeyCommands) -> None:
    key_cli.create()
    for taken in ("portal", "env"):
        again = key_cli.keys("create", "--id", taken, *NAMES)
        assert again.exit_code == 2
        assert "exists already" in again.stderr
    assert len(read(key_cli.path)) == 1


def test_a_key_may_expire(key_cli: KeyCommands) -> None:
    key_cli.create("portal", "--days", "30")
    (row,) = read(key_cli.path)
    assert row.expires is not None
    assert 29 * 86_400 < row.expires.timestamp() - time.time() <= 30 * 86_400


def test_a_rotation_lets_the_old_secret_work_for_a_while(key_cli: KeyCommands) -> None:
    first = key_cli.create()
    second = key_cli.keys("rotate", "portal", "--overlap-hours", "1").stdout.strip()
    assert second != first
    assert key_cli.usable(first)
    assert key_cli.usable(second)
    old, new = read(key_cli.path)
    assert old.expires is not None
    assert old.expires.timestamp() - time.time() <= 3600
    assert (new.tenant, new.app, new.expires) == (old.tenant, old.app, None)
    third = key_cli.keys("rotate", "portal", "--overlap-hours", "0").stdout.strip()
    assert [key_cli.usable(key) for key in (first, second, third)] == [False, False, True]


def test_a_revocation_takes_every_secret(key_cli: KeyCommands) -> None:
    keys = [key_cli.create(), key_cli.keys("rotate", "portal").stdout.strip()]
    other = key_cli.create("other")
    gone = key_cli.keys("revoke", "portal")
    assert gone.exit_code == 0
    assert "within a second" in gone.stdout
    assert [key_cli.usable(key) for key in [*keys, other]] == [False, False, True]
    assert key_cli.keys("rotate", "portal").exit_code == 2


def test_the_list_shows_everything_but_secrets(key_cli: KeyCommands) -> None:
    key = key_cli.create()
    key_cli.create("gone")
    key_cli.keys("revoke", "gone")
    rows = orjson.loads(key_cli.keys("list", "--json").stdout)["keys"]
    assert [(row["id"], row["state"]) for row in rows] == [
        ("portal", "usable"),
        ("gone", "revoked"),
    ]
    for output in (key_cli.keys("list").stdout, key_cli.keys("list", "--json").stdout):
        assert "portal" in output
        assert key[-43:] not in output
        assert read(key_cli.path)[0].hash not in output


def test_commands_print_json(key_cli: KeyCommands) -> None:
    made = orjson.loads(key_cli.keys("create", "--id", "a", *NAMES, "--json").stdout)
    assert made["key"].startswith(KEY_PREFIX + made["row"]["prefix"])
    assert "hash" not in made["row"]
    gone = orjson.loads(key_cli.keys("revoke", "a", "--json").stdout)
    assert gone == {"id": "a", "prefixes": [made["row"]["prefix"]], "shared": False}


@pytest.mark.parametrize("bad", ["", "A", "a b", "ä", "x" * 65])
def test_names_that_are_none_are_refused(key_cli: KeyCommands, bad: str) -> None:
    result = key_cli.keys("create", "--id", bad, *NAMES)
    assert result.exit_code == 2
    assert result.stderr.startswith("id: ")
    assert KEY_PREFIX not in result.output
    assert not key_cli.path.exists()


def test_unknown_ids_and_broken_files_are_reported(key_cli: KeyCommands) -> None:
    assert key_cli.keys("revoke", "nobody").exit_code == 2
    key_cli.path.write_text("{")
    for verb in (["list"], ["revoke", "portal"], ["create", "--id", "x", *NAMES]):
        result = key_cli.keys(*verb)
        assert result.exit_code == 1
        assert "not a key file" in result.stderr


def test_without_a_key_file_the_setting_is_named(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    result = run("keys", "create", "--id", "a", *NAMES, "--config", str(config))
    assert result.exit_code == 1
    assert "identity.keys_file" in result.stderr


async def test_a_revocation_is_written_to_the_shared_state(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        key_cli = KeyCommands(tmp_path, state={"url": server.url, "timeout_ms": 2000})
        key_cli.create()
        (row,) = read(key_cli.path)
        gone = await asyncio.to_thread(key_cli.keys, "revoke", "portal")
        assert "every gateway" in gone.stdout
        revoked = server.cli("zrange", "sekisho:revoked", "0", "-1").split()
        assert set(revoked) == {"portal", row.prefix}
        await server.kill()
        late = await asyncio.to_thread(key_cli.keys, "revoke", "portal")
        assert late.exit_code == 1
        assert "did not accept it" in late.stdout


async def test_a_subject_a_token_and_a_certificate_are_revoked_in_the_shared_state(
    tmp_path: Path,
) -> None:
    async with RedisServer(tmp_path) as server:
        key_cli = KeyCommands(tmp_path, state={"url": server.url, "timeout_ms": 2000})
        ring = read_ring(tmp_path / "ring.json")
        hidden = subject_name(subject_key(ring), "kenji@example.com")
        for arguments, name in (
            (["--subject", "kenji@example.com"], hidden),
            (["--subject", hidden], hidden),
            (["--token", "t1"], "token:t1"),
            (["--certificate", ":".join(["AB"] * 32)], "cert:" + "ab" * 32),
        ):
            gone = await asyncio.to_thread(key_cli.keys, "revoke", *arguments, "--json")
            assert orjson.loads(gone.stdout) == {"name": name, "shared": True}
            assert "kenji" not in gone.output
        revoked = server.cli("zrange", "sekisho:revoked", "0", "-1").split()
        assert set(revoked) == {hidden, "token:t1", "cert:" + "ab" * 32}
        await server.kill()
        late = await asyncio.to_thread(key_cli.keys, "revoke", "--token", "t2")
        assert late.exit_code == 1


def test_what_is_to_be_revoked_is_named_once_and_where_gateways_look(key_cli: KeyCommands) -> None:
    assert key_cli.keys("revoke").exit_code == 2
    assert key_cli.keys("revoke", "portal", "--token", "t1").exit_code == 2
    assert "64 hexadecimal" in key_cli.keys("revoke", "--certificate", "ab:cd").stderr
    alone = key_cli.keys("revoke", "--subject", "kenji")
    assert alone.exit_code == 2
    assert "state.url" in alone.stderr


async def test_callers_of_the_configuration_are_revoked_without_a_key_file(tmp_path: Path) -> None:
    async with RedisServer(tmp_path) as server:
        caller = {"id": "portal", "tenant": "acme", "app": "portal", "dns": "portal.example"}
        proxy = {"addresses": ["10.0.0.7"]}
        identity = {"certificates": {"callers": [caller], "proxy": proxy}}
        state = {"url": server.url, "timeout_ms": 2000}
        config = str(write_config(tmp_path, identity=identity, state=state))
        gone = await asyncio.to_thread(run, "keys", "revoke", "portal", "--config", config)
        assert "every gateway" in gone.stdout
        assert server.cli("zrange", "sekisho:revoked", "0", "-1").split() == ["portal"]
        nobody = await asyncio.to_thread(run, "keys", "revoke", "nobody", "--config", config)
        assert nobody.exit_code == 2
