"""From ``state.url`` to a Redis client: one server, Sentinel or Cluster, with or without TLS.

======================================  =====================================================
``redis://host:port/0``                 one server; ``rediss://`` for TLS, and so below
``redis+sentinel://h1:p,h2:p/service``  the master that the sentinels name
``redis+cluster://h1:p,h2:p``           a cluster, found from any of its nodes
======================================  =====================================================
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias

from redis.asyncio import Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import NoBackoff

from gateway.errors import ConfigError
from gateway.settings.state import State as StateSettings

Client: TypeAlias = Redis | RedisCluster

# `[^/@]+` admits no user or password: URLs end up in process lists and logs.
_URL: Final = re.compile(
    r"(?P<tls>rediss?)(\+(?P<mode>sentinel|cluster))?://(?P<nodes>[^/@]+)(/(?P<path>[\w.-]*))?"
)
# An IPv6 address is in brackets (RFC 3986, section 3.2.2): it holds colons itself.
_NODE: Final = re.compile(r"(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+)(:(?P<port>\d{1,5}))?")
_PORTS: Final = {"one": 6379, "sentinel": 26379, "cluster": 6379}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """The address of the store, parsed from ``state.url``."""

    mode: Literal["one", "sentinel", "cluster"]
    tls: bool
    nodes: tuple[tuple[str, int], ...]
    path: str
    """The database number, or the name of the service that the sentinels monitor."""


def parse(url: str) -> Address:
    """Parse a URL.

    Raises:
        ConfigError: it has none of the supported forms. The message does not quote it: it may hold a password.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise ConfigError(
            [
                "state.url: not one of the forms in docs/state.md; passwords belong in state.password_file"
            ]
        )
    mode = match["mode"] or "one"
    nodes = tuple(_node(node, _PORTS[mode]) for node in match["nodes"].split(","))
    path = match["path"] or ("" if mode != "one" else "0")
    if mode == "one" and (len(nodes) > 1 or not path.isdigit()):
        raise ConfigError(
            ["state.url: needs one host and a database number, such as redis://host:6379/0"]
        )
    if (mode == "sentinel") != bool(path) and mode != "one":
        raise ConfigError(
            [
                "state.url: sentinels need the name of the service after the hosts; a cluster has nothing there"
            ]
        )
    return Address(mode=_mode(mode), tls=match["tls"] == "rediss", nodes=nodes, path=path)


def connect(settings: StateSettings) -> tuple[Client, tuple[Client, ...]]:
    """A client, and every client that must be closed with it. No connection is opened yet.

    Raises:
        ConfigError: the URL is invalid, or a file can't be read.
    """
    address = parse(settings.url)
    options = _options(settings, tls=address.tls)
    if address.mode == "cluster":
        nodes = [ClusterNode(host, port) for host, port in address.nodes]
        # One retry lets the client follow a slot that has moved; the caller bounds the time of each call.
        cluster = RedisCluster(startup_nodes=nodes, require_full_coverage=False, **options)
        return cluster, (cluster,)
    if address.mode == "sentinel":
        secret = _secret(settings.sentinel_password_file, "state.sentinel_password_file")
        # The sentinels have their own password and no user: those of the master are not sent to them.
        plain = {name: value for name, value in options.items() if name not in _CREDENTIALS}
        sentinel = Sentinel(  # type: ignore[no-untyped-call]
            address.nodes, sentinel_kwargs={**plain, "password": secret}
        )
        master: Redis = sentinel.master_for(address.path, redis_class=Redis, **options)
        return master, (master, *sentinel.sentinels)
    ((host, port),) = address.nodes
    single = Redis(host=host, port=port, db=int(address.path), **options)
    return single, (single,)


_CREDENTIALS: Final = ("username", "password")


def _options(settings: StateSettings, *, tls: bool) -> Mapping[str, Any]:
    seconds = settings.timeout_ms / 1000
    options: dict[str, Any] = {
        "username": settings.username,
        "password": _secret(settings.password_file, "state.password_file"),
        "socket_timeout": seconds,
        "socket_connect_timeout": seconds,
        "protocol": 2,  # RESP2: the types of replies do not depend on the server's version
        "retry": Retry(
            NoBackoff(), 1
        ),  # once: a pooled connection may have been closed by the server
    }
    if tls:
        files = {"ca_certs": settings.ca_file, "certfile": settings.cert_file}
        files["keyfile"] = settings.key_file
        named = {f"ssl_{name}": str(path) for name, path in files.items() if path is not None}
        options |= {"ssl": True, **named}
    return options


def _secret(path: Path | None, setting: str) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError([f"{setting}: {path} can't be read: {type(error).__name__}"]) from None


def _node(text: str, port: int) -> tuple[str, int]:
    match = _NODE.fullmatch(text)
    if match is None:
        raise ConfigError(["state.url: a node is host or host:port"])
    return match["host"].strip("[]"), int(match["port"] or port)


def _mode(mode: str) -> Literal["one", "sentinel", "cluster"]:
    return "sentinel" if mode == "sentinel" else "cluster" if mode == "cluster" else "one"
