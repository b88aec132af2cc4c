"""The contents of a Redis as text, and back into another Redis at a later time.

Counters are numbered by the time, and revocations end at a time. Both are moved by the time that has passed, and each key
expires as long after that as it would have: as if everything had been written just now.
"""

import base64
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from redis import Redis

_BUCKETS = 60
"""Buckets of a sliding window in 8218936."""


def dump(url: str) -> list[dict[str, Any]]:
    """Every key, with its type, its value, and the milliseconds until it expires (-1: never)."""
    with Redis.from_url(url) as client:
        return [
            {
                "key": key.decode(),
                "type": client.type(key).decode(),
                "milliseconds": client.pttl(key),
                "value": _value(client, key),
            }
            for key in sorted(client.keys("*"))
        ]


def _value(client: Any, key: bytes) -> Any:
    kind = client.type(key)
    if kind == b"hash":
        return {name.decode(): value.decode() for name, value in client.hgetall(key).items()}
    if kind == b"zset":
        return {name.decode(): score for name, score in client.zrange(key, 0, -1, withscores=True)}
    assert kind == b"string"
    return base64.b64encode(client.get(key)).decode()


@dataclass(frozen=True, kw_only=True)
class _Move:
    """From one time to another, in seconds since the epoch; the quotas say how their counters are numbered."""

    then: float
    now: float
    quotas: Mapping[str, Mapping[str, Any]]

    def bucket(self, quota_name: str, bucket: str) -> str:
        """The number of a counter's bucket now."""
        quota = self.quotas[quota_name]
        if "window_seconds" in quota:
            width = quota["window_seconds"] / _BUCKETS
            return str(int(bucket) + int(self.now // width) - int(self.then // width))
        assert quota["calendar"] == "month"
        assert int(bucket) == _month(self.then)
        return str(_month(self.now))


def restore(
    url: str, rows: Sequence[dict[str, Any]], then: float, quotas: Sequence[Mapping[str, Any]]
) -> None:
    """Write what :func:`dump` gave at the time ``then`` under a configuration with these quotas."""
    move = _Move(then=then, now=time.time(), quotas={str(quota["name"]): quota for quota in quotas})
    with Redis.from_url(url) as client:
        for row in rows:
            for command in _commands(row, move):
                client.execute_command(*command)
            if row["milliseconds"] > 0:
                client.pexpire(row["key"], row["milliseconds"])


def _commands(row: dict[str, Any], move: _Move) -> Iterator[tuple[str | bytes | float, ...]]:
    key, value = row["key"], row["value"]
    if row["type"] == "hash":
        quota_name = key.split(":")[3]  # sekisho:{tenant}:counter:quota:holder
        for bucket, amount in value.items():
            yield "HSET", key, move.bucket(quota_name, bucket), amount
    elif row["type"] == "zset":
        for name, score in value.items():
            yield "ZADD", key, score + move.now - move.then, name
    else:
        yield "SET", key, base64.b64decode(value)


def _month(moment: float) -> int:
    """The beginning of the month, in UTC."""
    day = datetime.fromtimestamp(moment, UTC)
    return int(day.replace(day=1, hour=0, minute=0, second=0, microsecond=0).timestamp())
