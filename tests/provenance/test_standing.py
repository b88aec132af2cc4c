"""How a deployment stands to its record, as the files are at this moment."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import CapturingLogger

from gateway.errors import ConfigError
from gateway.provenance.bundle import Unproven
from gateway.provenance.standing import Provenance, Standing, load
from gateway.settings.deployments import Provenance as Bound
from gateway.types import Proof
from tests.parts.records import MANIFEST, Team
from tests.parts.samples import deployment

VERIFIED = Proof(state="verified", manifest=MANIFEST)
UNVERIFIED = Proof(state="unverified")


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def standing(team: Team, record: Path, log: CapturingLogger | None = None) -> Standing:
    bound = Bound.model_validate(team.bound(record))
    return Standing("r1-a", bound, log or CapturingLogger())


def now() -> datetime:
    return datetime.now(UTC)


def test_a_record_that_a_trusted_key_signed(team: Team) -> None:
    assert standing(team, team.sign()).proof(now()) == VERIFIED


def test_it_expires_at_its_moment_without_a_change_of_the_file(team: Team) -> None:
    known = standing(team, team.sign(days=1))
    assert known.proof(now()).state == "verified"
    assert known.proof(now() + timedelta(days=1)) == Proof(state="expired", manifest=MANIFEST)


def test_a_record_of_another_key_is_not_believed_and_names_no_manifest(
    team: Team, tmp_path: Path
) -> None:
    assert standing(team, Team(tmp_path, "other").sign()).proof(now()) == UNVERIFIED


def test_a_file_that_is_replaced_counts_at_once(team: Team, tmp_path: Path) -> None:
    record = team.sign()
    known = standing(team, record)
    states = [known.proof(now())]
    record.write_bytes(record.read_bytes()[:-9])
    states.append(known.proof(now()))
    team.sign()
    states.append(known.proof(now()))
    record.unlink()
    states.append(known.proof(now()))
    assert states == [VERIFIED, UNVERIFIED, VERIFIED, UNVERIFIED]


def test_a_key_that_is_replaced_counts_at_once(team: Team, tmp_path: Path) -> None:
    known = standing(team, team.sign())
    assert known.proof(now()) == VERIFIED
    other = Team(tmp_path, "other")
    other.public.replace(team.public)
    assert known.proof(now()) == UNVERIFIED
    team.public.write_text("no key")
    assert known.proof(now()) == UNVERIFIED


def test_each_change_is_told_once_with_its_reason(team: Team) -> None:
    log = CapturingLogger()
    record = team.sign()
    known = standing(team, record, log)
    for _ in range(3):
        known.proof(now())
    record.write_bytes(b"{}")
    for _ in range(3):
        known.proof(now())
    told = [(call.kwargs["state"], call.kwargs["why"]) for call in log.calls]
    assert told == [("verified", ""), ("unverified", "not a bundle with one signature of a key")]


def test_only_deployments_that_are_bound_have_a_proof(team: Team) -> None:
    known = Provenance({"r1-a": standing(team, team.sign())})
    assert known.proofs([deployment("r1-a"), deployment("r1-b")], now()) == {"r1-a": VERIFIED}


def test_loading_tells_a_missing_file_from_one_that_is_not_believed(
    team: Team, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load(tmp_path / "none", (team.public,))
    with pytest.raises(ConfigError, match="can't be read"):
        load(team.sign(), (tmp_path / "none",))
    with pytest.raises(Unproven):
        load(team.public, (team.public,))
