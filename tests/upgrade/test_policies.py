"""Policies of users of 8218936: signed bundles, and their own rows, rules and packs."""

import json
import shutil
from pathlib import Path

import pytest

from tests.parts.opa import ROOT
from tests.parts.signing import key_pair
from tests.upgrade.comparison import read_json
from tests.upgrade.conftest import FILES, Sekisho, copied
from tests.upgrade.installation import Installation
from tests.upgrade.overlay import overlaid
from tests.upgrade.scenario import DESK_KEY

REASONS = {
    *("bias", "entity-blocked", "entity-in-house-only", "harvest", "hours", "max-tokens"),
    *("model-allowlist", "provenance", "purpose", "tools"),
}
"""Why the user's rows refuse what the shipped policies allow."""


@pytest.fixture
def user(tmp_path: Path) -> Installation:
    """A user's folder of policies: those that are shipped now, with the user's own."""
    overlaid(ROOT / "policies", tmp_path / "policies", FILES / "overlay")
    return Installation(folder=tmp_path)


def test_bundles_have_their_revisions(files: Path, sekisho: Sekisho) -> None:
    here = Installation(folder=files / "policies")
    bundles = ("--baseline", "bundle.tar.gz", "--candidate", "candidate.tar.gz")
    log = ("--store", "sqlite:///../single-process/audit.db", "--since", "2026-01-01")
    options = (*log, *bundles, "--format", "json", "--fail-on", "none")
    report = json.loads(sekisho.run(here, "policy", "replay", *options))
    revisions = {"bundle": report["before"], "candidate": report["after"]}
    assert revisions == read_json(here.folder / "revisions.json")


def test_a_bundle_of_another_signer_is_refused(tmp_path: Path, sekisho: Sekisho) -> None:
    files = copied(tmp_path / "files")
    variables = {"UPSTREAM": "http://127.0.0.1:9", "DESK_KEY": DESK_KEY}
    here = Installation(folder=files / "single-process", variables=variables)
    assert sekisho.run_json(here, "check")["faults"] == []
    _, public = key_pair(tmp_path)
    shutil.copy(public, files / "policies" / "signing.pub.pem")
    faults = sekisho.run_json(here, "check", exit_code=1)["faults"]
    assert ["bundle.tar.gz" in fault for fault in faults] == [True]


def test_a_users_policies_have_no_faults_and_pass_their_tests(
    user: Installation, sekisho: Sekisho
) -> None:
    assert sekisho.run_json(user, "policy", "check")["faults"] == []
    assert sekisho.run_json(user, "policy", "test")["tests"] > 100


def test_a_users_policies_decide_as_they_say(user: Installation, sekisho: Sekisho) -> None:
    shipped = str(ROOT / "policies")
    report = sekisho.run_json(user, "policy", "diff", shipped, "policies", exit_code=1)
    assert "+ rules/finance_in_house/finance_in_house.rego" in report["rules"]
    assert {"+ exceptions: lab-trial", "+ packs: acme-2026"} <= set(report["data"])
    changes = report["decisions"]
    denied = [change["after"] for change in changes if change["change"] == "newly_denied"]
    assert {reason for reasons in denied for reason in reasons} >= REASONS
    allowed = [change["scene"] for change in changes if change["change"] == "newly_allowed"]
    assert any("lab-trial" in scene for scene in allowed)
