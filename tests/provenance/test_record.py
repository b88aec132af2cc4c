"""What a signed record says, and that nothing in it can be read otherwise."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from gateway.provenance.bundle import Keys, UntrustedRecord, hint, sign_bundle
from gateway.provenance.record import Claims, Listing, Record, read, statement
from gateway.types import Json

KEY = ec.generate_private_key(ec.SECP256R1())
TRUSTED: Keys = {hint(KEY.public_key()): KEY.public_key()}
ONE, TWO = hashlib.sha256(b"1").hexdigest(), hashlib.sha256(b"2").hexdigest()
FILES = {"b.bin": TWO, "a/z.bin": ONE}
EXPIRES = datetime(2027, 1, 31, tzinfo=UTC)
CLAIMS = Claims(
    expires=EXPIRES,
    commit="56d4cbbb4d29f4355bab4b9a39ccb717a14ad5ad",
    licence="MIT",
    derived_from="deepseek-ai/DeepSeek-R1 by llama.cpp b9000",
    image="sha256:aa",
    model="deepseek-r1",
    spki=f"sha256/{'A' * 43}=",
)


def payload() -> Json:
    return orjson.loads(statement("r1", FILES, Listing(ignore_paths=(".git",)), CLAIMS))


def signed(document: Json) -> Record:
    return read(sign_bundle(orjson.dumps(document), KEY), TRUSTED)


def test_what_was_said_is_read() -> None:
    record = signed(payload())
    assert (record.name, record.files, record.claims) == ("r1", FILES, CLAIMS)
    assert record.listing == Listing(ignore_paths=(".git",))


def test_the_manifest_is_the_digest_of_the_digests_in_their_order() -> None:
    both = hashlib.sha256(bytes.fromhex(ONE) + bytes.fromhex(TWO)).hexdigest()
    assert [row["name"] for row in payload()["predicate"]["resources"]] == ["a/z.bin", "b.bin"]
    assert signed(payload()).manifest == f"sha256:{both}"


def test_it_counts_until_it_expires() -> None:
    record = signed(payload())
    assert not record.expired(datetime(2027, 1, 30, 23, 59, 59, tzinfo=UTC))
    assert record.expired(EXPIRES)


def test_a_record_of_weights_alone_says_nothing_more_and_never_expires() -> None:
    document = payload()
    del document["predicate"]["deployment"]
    record = signed(document)
    assert record.claims == Claims()
    assert not record.expired(datetime.max.replace(tzinfo=UTC))


def test_fields_of_in_toto_that_are_not_known_are_ignored_and_ours_are_not() -> None:
    document = payload()
    document["predicate"]["card"] = {"made": "by hand"}
    assert signed(document).files == FILES
    document["predicate"]["deployment"]["attestation"] = "tdx"
    with pytest.raises(UntrustedRecord, match=r"predicate\.deployment\.attestation"):
        signed(document)


def _set(value: Json, *path: str | int) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


def _resource(**changes: Json) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        document["predicate"]["resources"][0].update(changes)

    return change


SUBJECT = payload()["subject"][0]
ROW = payload()["predicate"]["resources"][0]


@pytest.mark.parametrize(
    "change",
    [
        _set("https://in-toto.io/Statement/v0.1", "_type"),
        _set("https://model_signing/Digests/v0.1", "predicateType"),
        _set([], "subject"),
        _set([SUBJECT, SUBJECT], "subject"),
        _set({"sha512": "00"}, "subject", 0, "digest"),
        _set({"sha256": "0" * 64}, "subject", 0, "digest"),
        _set([], "predicate", "resources"),
        _set([ROW, ROW], "predicate", "resources"),
        _set("shards", "predicate", "serialization", "method"),
        _set("blake2b", "predicate", "serialization", "hash_type"),
        _set(["../.."], "predicate", "serialization", "ignore_paths"),
        _set(["."], "predicate", "serialization", "ignore_paths"),
        _resource(algorithm="blake2b"),
        _resource(digest=ONE.upper()),
        _resource(digest=ONE[:-2]),
        _resource(name="../../etc/passwd"),
        _resource(name="/etc/passwd"),
        _resource(name="a//z.bin"),
        _resource(name="a/./z.bin"),
        _resource(name=""),
        _resource(name="a\x1b[2Jz.bin"),
        _set("yesterday", "predicate", "deployment", "expires"),
        _set("2027-01-31T00:00:00", "predicate", "deployment", "expires"),
        _set("sha1/AAAA", "predicate", "deployment", "spki"),
        _set("", "predicate", "deployment", "model"),
    ],
)
def test_what_is_no_such_statement(change: Callable[[Json], None]) -> None:
    document = payload()
    change(document)
    with pytest.raises(UntrustedRecord):
        signed(document)


@pytest.mark.parametrize("raw", [b"[]", b"null", b'{"_type": 1, "_type": 2}', b"{"])
def test_a_payload_that_is_no_plain_object(raw: bytes) -> None:
    with pytest.raises(UntrustedRecord):
        read(sign_bundle(raw, KEY), TRUSTED)


def test_a_listing_ignores_what_is_beneath_a_path() -> None:
    listing = Listing(ignore_paths=(".git", "notes/x"))
    assert [listing.ignores(name) for name in (".git", ".git/a", "notes/x/y")] == [True] * 3
    assert [listing.ignores(name) for name in (".gitx", "a/.git", "notes")] == [False] * 3
