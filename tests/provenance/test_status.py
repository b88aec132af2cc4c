"""How a deployment stands to its record, as the files are at this moment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError, UpstreamFailed
from gateway.provenance.bundle import UntrustedRecord
from gateway.provenance.status import Provenance, ProvenanceListener, ProvenanceStatus, load
from gateway.settings.deployments import Provenance as Bound
from gateway.types import Proof
from tests.parts.records import MANIFEST, RecordSigner
from tests.parts.samples import deployment

VERIFIED = Proof(state="verified", manifest=MANIFEST)
UNVERIFIED = Proof(state="unverified")


@pytest.fixture
def signer(tmp_path: Path) -> RecordSigner:
    return RecordSigner(tmp_path)


def standing(
    signer: RecordSigner, record: Path, listener: ProvenanceListener = lambda *_: None
) -> ProvenanceStatus:
    bound = Bound.model_validate(signer.bound(record))
    return ProvenanceStatus("r1-a", bound, listener)


def now() -> datetime:
    return datetime.now(UTC)


def test_a_record_that_a_trusted_key_signed(signer: RecordSigner) -> None:
    assert standing(signer, signer.sign()).proof(now()) == VERIFIED


def test_it_expires_at_its_moment_without_a_change_of_the_file(signer: RecordSigner) -> None:
    known = standing(signer, signer.sign(days=1))
    assert known.proof(now()).state == "verified"
    assert known.proof(now() + timedelta(days=1)) == Proof(state="expired", manifest=MANIFEST)


def test_a_record_of_another_key_is_not_believed_and_names_no_manifest(
    signer: RecordSigner, tmp_path: Path
) -> None:
    assert standing(signer, RecordSigner(tmp_path, "other").sign()).proof(now()) == UNVERIFIED


def test_a_file_that_is_replaced_counts_at_once(signer: RecordSigner, tmp_path: Path) -> None:
    record = signer.sign()
    known = standing(signer, record)
    states = [known.proof(now())]
    record.write_bytes(record.read_bytes()[:-9])
    states.append(known.proof(now()))
    signer.sign()
    states.append(known.proof(now()))
    record.unlink()
    states.append(known.proof(now()))
    assert states == [VERIFIED, UNVERIFIED, VERIFIED, UNVERIFIED]


def test_a_key_that_is_replaced_counts_at_once(signer: RecordSigner, tmp_path: Path) -> None:
    known = standing(signer, signer.sign())
    assert known.proof(now()) == VERIFIED
    other = RecordSigner(tmp_path, "other")
    other.public.replace(signer.public)
    assert known.proof(now()) == UNVERIFIED
    signer.public.write_text("no key")
    assert known.proof(now()) == UNVERIFIED


def test_each_change_is_told_once_with_its_reason(signer: RecordSigner) -> None:
    reported: list[tuple[str, str, str]] = []
    record = signer.sign()
    known = standing(
        signer, record, lambda name, proof, why: reported.append((name, proof.state, why))
    )
    for _ in range(3):
        known.proof(now())
    record.write_bytes(b"{}")
    for _ in range(3):
        known.proof(now())
    assert reported == [
        ("r1-a", "verified", ""),
        ("r1-a", "unverified", "not a bundle with one signature of a key"),
    ]


async def test_a_look_tells_of_a_change_while_nobody_calls(signer: RecordSigner) -> None:
    reported: list[str] = []
    record = signer.sign(model="deepseek-r1")
    known = standing(signer, record, lambda name, proof, why: reported.append(proof.state))
    for model in ("deepseek-r1", "another"):
        await known.observe(Server(model=[model]), now())
    assert reported == ["verified", "mismatch"]


class Server:
    """Reports these values, and no others."""

    def __init__(self, **values: object) -> None:
        self.values = values
        self.queries: list[str] = []

    def _show(self, claim: str) -> Any:
        self.queries.append(claim)
        if claim not in self.values:
            raise UpstreamFailed("no", fallback=True)
        return self.values[claim]

    async def models(self) -> frozenset[str]:
        return frozenset(self._show("model"))

    async def tokenizer(self) -> str:
        return str(self._show("tokenizer"))

    async def fingerprint(self) -> str:
        return str(self._show("fingerprint"))


ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
CLAIMS: dict[str, Any] = {"model": "deepseek-r1", "tokenizer": ONE, "fingerprint": TWO}
RIGHT: dict[str, object] = {"model": ["other", "deepseek-r1"], "tokenizer": ONE, "fingerprint": TWO}


async def test_what_is_claimed_must_have_been_shown(signer: RecordSigner) -> None:
    known = standing(signer, signer.sign(**CLAIMS))
    proof, why = known.assess(now())
    assert proof == Proof(state="unverified", manifest=MANIFEST)
    assert why == "has not reported its model, tokenizer, fingerprint"
    await known.observe(Server(**RIGHT), now())
    assert known.assess(now()) == (VERIFIED, "")


@pytest.mark.parametrize(
    ("claim", "reported_value"),
    [
        ("model", ["deepseek-r"]),
        ("model", ["a", "deepseek-r10"]),
        ("tokenizer", TWO),
        ("fingerprint", ONE),
    ],
)
async def test_what_contradicts_a_claim_is_a_mismatch_until_it_is_right_again(
    signer: RecordSigner, claim: str, reported_value: object
) -> None:
    known = standing(signer, signer.sign(**CLAIMS))
    await known.observe(Server(**RIGHT), now())
    wrong = {**RIGHT, claim: reported_value}
    later = now() + timedelta(seconds=301)
    await known.observe(Server(**wrong), later)
    proof, why = known.assess(later)
    assert proof == Proof(state="mismatch", manifest=MANIFEST)
    assert why == f"reports another {claim}"
    await known.observe(Server(**RIGHT), later)
    assert known.proof(later) == VERIFIED


async def test_what_was_shown_too_long_ago_counts_no_longer(signer: RecordSigner) -> None:
    known = standing(signer, signer.sign(**CLAIMS))
    await known.observe(Server(**RIGHT), now())
    later = now() + timedelta(seconds=599)
    await known.observe(Server(), later)
    assert known.proof(later) == VERIFIED
    later += timedelta(seconds=2)
    await known.observe(Server(model=["deepseek-r1"], fingerprint=TWO), later)
    proof, why = known.assess(later)
    assert (proof.state, why) == ("unverified", "has not reported its tokenizer")


async def test_only_what_is_claimed_is_asked_for_and_words_seldom(signer: RecordSigner) -> None:
    server = Server(**RIGHT)
    await standing(signer, signer.sign(model="deepseek-r1")).observe(server, now())
    assert server.queries == ["model"]
    known, server = standing(signer, signer.sign(**CLAIMS)), Server(**RIGHT)
    for seconds in (0, 5, 295, 301):
        await known.observe(server, now() + timedelta(seconds=seconds))
    assert server.queries.count("fingerprint") == 2
    assert server.queries.count("tokenizer") == 4


async def test_words_that_do_not_fit_are_asked_for_again_at_once(signer: RecordSigner) -> None:
    known, server = standing(signer, signer.sign(fingerprint=TWO)), Server(fingerprint=ONE)
    for _ in range(2):
        await known.observe(server, now())
    assert server.queries == ["fingerprint", "fingerprint"]


async def test_a_new_record_is_compared_with_what_was_shown(signer: RecordSigner) -> None:
    known = standing(signer, signer.sign(**CLAIMS))
    await known.observe(Server(**RIGHT), now())
    signer.sign(**CLAIMS, commit="56d4cbb")
    assert known.proof(now()) == VERIFIED
    signer.sign(model="another")
    assert known.proof(now()).state == "mismatch"


async def test_nothing_is_asked_under_a_record_that_is_not_believed(
    signer: RecordSigner, tmp_path: Path
) -> None:
    server = Server(**RIGHT)
    await standing(signer, RecordSigner(tmp_path, "other").sign(**CLAIMS)).observe(server, now())
    assert server.queries == []


PIN, OTHER_PIN = f"sha256/{'A' * 43}=", f"sha256/{'B' * 43}="


async def test_a_server_whose_key_is_claimed_is_asked_so_that_it_connects(
    signer: RecordSigner,
) -> None:
    server = Server()
    known = standing(signer, signer.sign(spki=PIN))
    await known.observe(server, now())
    assert server.queries == ["model"]
    await known.observe(Server(model=["another"]), now())
    assert known.proof(now()) == VERIFIED


@pytest.mark.parametrize("other", [OTHER_PIN, ""])
def test_a_server_with_another_key_is_not_recognised(signer: RecordSigner, other: str) -> None:
    known = standing(signer, signer.sign(spki=PIN))
    assert known.proof(now()) == VERIFIED
    assert known.accepts_pin(PIN)
    assert known.proof(now()) == VERIFIED
    assert not known.accepts_pin(other)
    proof, why = known.assess(now())
    assert (proof.state, why) == ("mismatch", "reports another server key")
    assert known.accepts_pin(PIN)
    assert known.proof(now()) == VERIFIED


def test_any_server_is_recognised_where_the_record_names_none(signer: RecordSigner) -> None:
    known = standing(signer, signer.sign())
    assert known.accepts_pin(OTHER_PIN)
    assert known.accepts_pin("")
    assert known.proof(now()) == VERIFIED


def test_only_deployments_that_are_bound_have_a_proof(signer: RecordSigner) -> None:
    known = Provenance({"r1-a": standing(signer, signer.sign())})
    assert known.proofs([deployment("r1-a"), deployment("r1-b")], now()) == {"r1-a": VERIFIED}


def test_loading_tells_a_missing_file_from_one_that_is_not_believed(
    signer: RecordSigner, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "none", (signer.public,))
    with pytest.raises(ConfigError, match="can't be read"):
        load(signer.sign(), (tmp_path / "none",))
    with pytest.raises(UntrustedRecord):
        load(signer.public, (signer.public,))
