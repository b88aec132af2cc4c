"""URLs of the state store."""

from pathlib import Path

import pytest
from redis.asyncio import Redis, RedisCluster

from gateway.errors import ConfigError
from gateway.settings.state import State as StateSettings
from gateway.state.redis_client import connect, parse


def test_the_three_forms() -> None:
    one = parse("redis://10.0.0.9:6380/2")
    assert (one.mode, one.tls, one.nodes, one.path) == ("one", False, (("10.0.0.9", 6380),), "2")
    watched = parse("rediss+sentinel://a,b:26380,[::1]:3/checkpoint")
    assert (watched.mode, watched.tls, watched.path) == ("sentinel", True, "checkpoint")
    assert watched.nodes == (("a", 26379), ("b", 26380), ("::1", 3))
    spread = parse("rediss+cluster://a,b")
    assert (spread.mode, spread.tls, spread.nodes) == (
        "cluster",
        True,
        (("a", 6379), ("b", 6379)),
    )
    assert parse("redis://a").path == "0"


@pytest.mark.parametrize(
    "url",
    [
        "redis://user:s3cret@host/0",
        "redis://a,b/0",
        "redis://a/name",
        "redis+sentinel://a",
        "redis+cluster://a/0",
        "redis://",
        "redis://a:b",
        "redis://a/0?ssl_cert_reqs=none",
    ],
)
def test_other_urls_are_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse(url)
    assert "s3cret" not in str(caught.value)


def test_every_client_has_its_deadlines() -> None:
    for url in ("redis://a", "redis+cluster://a", "redis+sentinel://a/s"):
        client, owned = connect(StateSettings(url=url, timeout_ms=123))
        assert client in owned
        options = (
            client.connection_kwargs
            if isinstance(client, RedisCluster)
            else client.connection_pool.connection_kwargs
        )
        assert (options["socket_timeout"], options["socket_connect_timeout"]) == (0.123, 0.123)


def test_tls_verifies_and_passwords_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("s3cret\n")
    settings = StateSettings(
        url="rediss://a", username="gateway", password_file=tmp_path / "password"
    )
    client, _ = connect(settings)
    assert isinstance(client, Redis)
    options = client.connection_pool.connection_kwargs
    assert (options["username"], options["password"]) == ("gateway", "s3cret")
    assert options.get("ssl_cert_reqs", "required") == "required"
    with pytest.raises(ConfigError, match="password_file"):
        connect(settings.model_copy(update={"password_file": tmp_path / "absent"}))
