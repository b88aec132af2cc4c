"""``sekisho audit``: what it prints, and what it exits with."""

import asyncio
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
import yaml
from typer.testing import CliRunner, Result

from gateway.audit.search import last_checkpoint
from gateway.cli.audit import app
from gateway.keys import public_text
from tests.audit.logs import FACTS, FACTS_HASH, RING, numbered, opened, tamper, write


def run(*arguments: str) -> Result:
    return CliRunner(env={"COLUMNS": "60"}).invoke(app, list(arguments))


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "audit.db"

    async def fill() -> None:
        async with opened(path) as log:
            await log.append(replace(numbered(1), facts_hash=FACTS_HASH), FACTS)
            done = replace(numbered(1), kind="outcome", outcome="served", status=200)
            await log.append(done)
            await log.append(replace(numbered(2), reasons=("deepseek-cloud",), code="denied"))

    asyncio.run(fill())
    return path


@pytest.fixture
def options(store: Path, tmp_path: Path) -> list[str]:
    keys = tmp_path / "public.txt"
    keys.write_text(public_text(RING))
    return ["--store", f"sqlite:///{store}", "--public-key", str(keys)]


@pytest.fixture
def config(store: Path, tmp_path: Path) -> Path:
    """A configuration whose API key is not in this process's environment."""
    ring = tmp_path / "ring.json"
    ring.touch(mode=0o600)
    ring.write_text(RING.dump())
    policies = tmp_path / "policies"
    policies.mkdir()
    row = {"id": "billing", "key_env": "ABSENT_KEY", "tenant": "acme", "app": "billing"}
    document = {
        "keys": {"ring_file": str(ring)},
        "audit": {"store": f"sqlite:///{store}"},
        "policy": {"path": str(policies)},
        "identity": {"keys": [row]},
    }
    path = tmp_path / "sekisho.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_good_log_verifies(options: list[str]) -> None:
    result = run("verify", *options)
    assert result.exit_code == 0
    assert "3, of which 3 are signed" in result.stdout
    assert result.stdout.endswith("verification succeeded\n")


def test_verification_as_json(options: list[str]) -> None:
    found = orjson.loads(run("verify", *options, "--json").stdout)
    assert (found["ok"], found["records"], found["faults"]) == (True, 3, [])


def test_a_fault_is_reported_and_is_the_exit_code(store: Path, options: list[str]) -> None:
    tamper(store, "UPDATE records SET tenant = 'x' WHERE sequence = 1")
    result = run("verify", *options)
    assert result.exit_code == 1
    assert "FAULT        record 1: the column tenant differs" in result.stdout
    assert result.stdout.endswith("verification failed\n")
    found = orjson.loads(run("verify", *options, "--json").stdout)
    assert found["ok"] is False


def test_a_configuration_serves_without_its_api_keys(config: Path) -> None:
    assert run("verify", "--config", str(config)).exit_code == 0
    assert run("search", "--config", str(config)).exit_code == 0


def test_a_log_that_was_cut_is_found_by_the_checkpoint_that_was_kept(
    store: Path, options: list[str], tmp_path: Path
) -> None:
    older = tmp_path / "older.db"
    older.write_bytes(store.read_bytes())
    asyncio.run(write(store, 2, start=3))
    kept = tmp_path / "kept.txt"
    printed = run("checkpoint", *options[:2])
    kept.write_bytes(printed.stdout_bytes)
    assert printed.stdout_bytes == last_checkpoint(store)
    older.replace(store)
    assert run("verify", *options).exit_code == 0
    result = run("verify", *options, "--checkpoint", str(kept))
    assert result.exit_code == 1
    assert "its end was cut off" in result.stdout


def test_a_request_is_printed_with_its_facts(options: list[str]) -> None:
    result = run("show", "req-1", *options[:2])
    assert result.exit_code == 0
    assert result.stdout.index("attempt") < result.stdout.index("outcome")
    assert "PERSON=2" in result.stdout
    assert f"facts {FACTS_HASH}\n  tenant               acme" in result.stdout
    found = orjson.loads(run("show", "req-1", *options[:2], "--json").stdout)
    assert [record["kind"] for record in found["records"]] == ["attempt", "outcome"]
    assert found["facts"] == {FACTS_HASH: {"tenant": "acme"}}


def test_an_unknown_request_is_reported(options: list[str]) -> None:
    result = run("show", "req-9", *options[:2])
    assert result.exit_code == 1
    assert "no record of this request" in result.stderr


def test_records_are_searched(options: list[str]) -> None:
    found = orjson.loads(run("search", *options[:2], "--json").stdout)
    assert [record["sequence"] for record in found] == [2, 1, 0]
    result = run("search", *options[:2], "--reason", "deepseek-cloud")
    assert "req-2" in result.stdout
    assert "req-1" not in result.stdout
    assert "deployment" in result.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["--since", "2026-01-31"], 3),
        (["--since", "2026-01-31T09:02:00Z"], 1),
        (["--until", "2026-01-31T18:02:00+09:00"], 2),
        (["--tenant", "acme"], 1),
        (["--app", "billing"], 3),
        (["--request-id", "req-1"], 2),
        (["--model", "none"], 0),
        (["--deployment", "r1-a"], 3),
        (["--outcome", "served"], 1),
        (["--code", "denied"], 1),
        (["--entity", "PERSON"], 3),
        (["--limit", "2"], 2),
        (["--user", "user-" + "0" * 20], 0),
    ],
)
def test_each_option_is_a_filter(options: list[str], arguments: list[str], found: int) -> None:
    result = run("search", *options[:2], *arguments, "--json")
    assert len(orjson.loads(result.stdout)) == found


def test_a_user_is_looked_for_in_a_tenant_that_is_known(config: Path) -> None:
    unknown = run("search", "--config", str(config), "--user", "mari")
    assert unknown.exit_code == 2
    assert "give --tenant" in unknown.stderr
    result = run("search", "--config", str(config), "--user", "mari", "--tenant", "acme", "--json")
    assert orjson.loads(result.stdout) == []


@pytest.mark.parametrize(
    ("arguments", "fault"),
    [
        (["search", "--since", "yesterday"], "is not a time"),
        (["search", "--store", "postgresql://x"], "sqlite:///"),
        (["verify", "--public-key", "absent"], "absent"),
        (["verify", "--checkpoint", "absent"], "absent"),
        (["search", "--store", "sqlite:///absent.db"], "no such file"),
        (["show", "x", "--store", "sqlite:///absent.db"], "no such file"),
        (["checkpoint", "--store", "sqlite:///absent.db"], "no such file"),
    ],
)
def test_what_can_not_be_carried_out_exits_with_two(
    options: list[str], arguments: list[str], fault: str
) -> None:
    given = options[:2] if "--store" not in arguments else []
    keys = options[2:] if arguments[0] == "verify" and "--public-key" not in arguments else []
    result = run(*arguments[:1], *given, *keys, *arguments[1:])
    assert result.exit_code == 2
    assert fault in result.stderr


def test_a_configuration_with_faults_exits_with_two(tmp_path: Path) -> None:
    result = run("verify", "--config", str(tmp_path / "absent.yaml"))
    assert result.exit_code == 2
    assert "can't be read" in result.stderr


def test_a_log_without_checkpoint_has_none_to_print(store: Path, options: list[str]) -> None:
    tamper(store, "DELETE FROM checkpoints")
    assert run("checkpoint", *options[:2]).exit_code == 1
    tamper(store, "UPDATE records SET leaf = x'00'")
    assert run("search", *options[:2]).exit_code == 2
