"""The bytes that are hashed, and reading them back."""

from dataclasses import fields, replace

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.audit.canonical import MalformedRecord, body, leaf, parse
from gateway.audit.entry import AuditEntry
from gateway.audit.proof.merkle import leaf_hash
from tests.audit.logs import ENTRY


def test_the_canonical_form_is_the_documented_one() -> None:
    raw = leaf(body(ENTRY), "sekisho/1", 7)
    found = orjson.loads(raw)
    assert raw.startswith(b'{"entry":{"app":"billing","attempt":1,')
    assert raw.endswith(b'},"origin":"sekisho/1","sequence":7,"v":1}')
    assert set(found["entry"]) == {item.name for item in fields(AuditEntry)} - {
        "user",
        "provenance",
        "manifests",
        "usage_clamped",
        "cause",
    }
    assert orjson.dumps(found, option=orjson.OPT_SORT_KEYS) == raw


def test_a_field_that_came_later_is_there_when_it_says_something_and_only_then() -> None:
    """So a record that was written before the field existed is canonical as it is."""
    known = leaf(body(replace(ENTRY, user="user-0")), "o", 0)
    assert b',"user":"user-0","zone":' in known
    assert parse(known).entry.user == "user-0"
    with pytest.raises(MalformedRecord, match="canonical"):
        parse(known.replace(b'"user-0"', b'""'))


def test_a_mapping_that_came_later_is_there_when_it_holds_something() -> None:
    """Records from before it stay what they were, byte for byte; a default that is spelled out is no canonical form."""
    proven = replace(ENTRY, provenance={"r1-a": "verified"}, manifests={"r1-a": "sha256:00"})
    raw = leaf(body(proven), "o", 0)
    assert b'"manifests":{"r1-a":"sha256:00"}' in raw
    assert parse(raw).entry == proven
    with pytest.raises(MalformedRecord):
        parse(GOOD.replace(b'"output_tokens":', b'"manifests":{},"output_tokens":'))


texts = st.text(st.characters(codec="utf-8"), max_size=20)


@given(texts, st.dictionaries(texts, st.integers(0, 2**53)), st.lists(texts), st.integers(0, 2**40))
def test_a_record_reads_back_as_it_was(
    text: str, counts: dict[str, int], names: list[str], sequence: int
) -> None:
    """Among the texts: U+2028, control characters, quotes, and characters outside the BMP."""
    found = replace(ENTRY, request_id=text, findings=counts, reasons=tuple(names))
    raw = leaf(body(found), "sekisho/1", sequence)
    record = parse(raw)
    assert (record.entry, record.sequence, record.origin) == (found, sequence, "sekisho/1")
    assert record.leaf == leaf_hash(raw)


def test_line_separators_stay_in_one_record() -> None:
    found = replace(ENTRY, request_id="a\u2028b\u2029c")
    assert parse(leaf(body(found), "o", 0)).entry.request_id == "a\u2028b\u2029c"


GOOD = leaf(body(ENTRY), "o", 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"1",
        b"{}",
        GOOD[:-1],
        GOOD + b" ",
        GOOD.replace(b'"v":1', b'"v":2'),
        GOOD.replace(b'"v":1', b'"v":1,"w":1'),
        GOOD.replace(b'"sequence":0', b'"sequence": 0'),
        GOOD.replace(b'"stream":false', b'"stream":false,"extra":1'),
        GOOD.replace(b'"stream":false,', b""),
        GOOD.replace(b'"reasons":[]', b'"reasons":""'),
        GOOD.replace(b'"reasons":[]', b'"reasons":1'),
        GOOD.replace(b'"entry":{', b'"entry":[{').replace(b"}", b"}]", 1),
        b'{"entry":null,"origin":"o","sequence":0,"v":1}',
    ],
)
def test_what_is_not_a_record_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedRecord):
        parse(raw)


def test_an_entry_that_can_not_be_written_is_refused() -> None:
    with pytest.raises(MalformedRecord, match="too long"):
        body(replace(ENTRY, reasons=("x" * 70_000,)))
    with pytest.raises(MalformedRecord, match="can't be written"):
        body(replace(ENTRY, request_id="\ud800"))
