"""Hostile bodies are refused with a place and without a word of their text."""

import re

import pytest

from gateway.dialects.core.json_body import decode
from gateway.errors import InvalidRequest

HOSTILE = {
    "empty": b"",
    "blank": b"  \n",
    "byte order mark": b'\xef\xbb\xbf{"a": "taro"}',
    "UTF-16": '{"a": "taro"}'.encode("utf-16"),
    "UTF-16 without a mark": '{"a": "taro"}'.encode("utf-16-le"),
    "Latin-1": '{"a": "taro é"}'.encode("latin-1"),
    "NaN": b'{"taro": NaN}',
    "infinity": b'{"taro": Infinity}',
    "overflow": b'{"taro": 1e999}',
    "lone surrogate": b'{"a": "taro \\ud800"}',
    "surrogate bytes": b'{"a": "taro \xed\xa0\x80"}',
    "trailing garbage": b'{"a": "taro"} x',
    "two documents": b'{"a": "taro"}{"a": "taro"}',
    "cut": b'{"a": "taro',
    "single quotes": b"{'a': 'taro'}",
    "comment": b'{"a": "taro" /* x */}',
    "trailing comma": b'{"a": "taro",}',
    "control character": b'{"a": "taro\n"}',
    "10,000 arrays": b"[" * 10_000 + b'"taro"' + b"]" * 10_000,
    "10,000 objects": b'{"taro":' * 10_000 + b"1" + b"}" * 10_000,
    "array": b'["taro"]',
    "string": b'"taro"',
    "null": b"null",
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_are_refused_without_their_text(body: bytes) -> None:
    with pytest.raises(InvalidRequest) as caught:
        decode(body)
    assert "taro" not in str(caught.value.args)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_the_place_of_a_fault_is_counted_in_bytes() -> None:
    body = '{"東京": 東}'.encode()
    with pytest.raises(InvalidRequest) as caught:
        decode(body)
    found = re.search(r"byte (\d+)", str(caught.value))
    assert found is not None
    assert int(found[1]) == body.index("東}".encode())


def test_of_duplicate_keys_the_last_counts() -> None:
    assert decode(b'{"a": 1, "a": 2}') == {"a": 2}


def test_eight_megabytes_are_read() -> None:
    text = "x" * (8 * 1024 * 1024)
    assert decode(b'{"a": "%b"}' % text.encode()) == {"a": text}
