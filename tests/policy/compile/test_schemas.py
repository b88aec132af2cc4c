"""Every fact has a source and a date, and the shipped rows are what the schemas say."""

import pytest
from pydantic import ValidationError

from gateway.policy.compile.build import Build
from gateway.policy.compile.schemas import DOCUMENTS, Denial, Licence


@pytest.mark.parametrize("name", ["operators", "models", "licences"])
def test_every_shipped_fact_says_where_it_is_from(shipped: Build, name: str) -> None:
    for row in shipped.data[name].values():
        assert row["source"]
        assert row["as_of"]


def test_a_fact_without_a_source_is_refused() -> None:
    with pytest.raises(ValidationError, match="source"):
        Licence.model_validate({"name": "MIT", "output_use": "allowed", "as_of": "2026-01-01"})


def test_the_build_holds_every_document(shipped: Build) -> None:
    derived = {"packs", "modes", "rule_metadata", "sekisho_revision"}
    assert set(DOCUMENTS) | derived == set(shipped.data)


def _faults(document: str, value: object) -> str:
    with pytest.raises(ValidationError) as caught:
        DOCUMENTS[document].validate_python(value)
    return str(caught.value)


EXCEPTION = {
    "reason": "operator-denied",
    "apps": ["billing"],
    "operators": ["openrouter"],
    "why": "a trial",
    "requested_by": "payments",
    "approved_by": "security",
    "start": "2026-11-01",
    "until": "2026-12-01",
}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"until": "2026-10-31"}, "until on or after start"),
        ({"until": "2027-11-30"}, "within a year"),
        ({"approved_by": "payments"}, "another than requested_by"),
        ({"apps": []}, "at least 1 item"),
        ({"why": ""}, "at least 1 character"),
    ],
)
def test_an_exception_is_for_a_time_and_approved_by_another(
    changes: dict[str, object], expected: str
) -> None:
    DOCUMENTS["exceptions"].validate_python({"trial": EXCEPTION})
    assert expected in _faults("exceptions", {"trial": {**EXCEPTION, **changes}})


def test_the_default_of_apps_is_whole_and_a_reroute_has_a_model() -> None:
    assert "missing: models" in _faults("apps", {"default": {}, "apps": {}, "groups": {}})
    row = {"when_in_house_only": "reroute"}
    assert "reroute_to" in _faults("apps", {"default": row, "apps": {}, "groups": {}})
    hours = {"hours": [{"days": ["mon"], "start": 9, "end": 9}]}
    assert "start before end" in _faults("apps", {"default": hours, "apps": {}, "groups": {}})


def test_a_pack_denies_something() -> None:
    with pytest.raises(ValidationError, match="at least one axis"):
        Denial.model_validate({"operators": []})
