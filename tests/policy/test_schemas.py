"""Every fact has a source and a date, and the shipped rows are what the schemas say."""

import pytest
from pydantic import ValidationError

from gateway.policy.build import Build
from gateway.policy.schemas import DOCUMENTS, Licence


@pytest.mark.parametrize("name", ["operators", "models", "licences"])
def test_every_shipped_fact_says_where_it_is_from(shipped: Build, name: str) -> None:
    for row in shipped.data[name].values():
        assert row["source"]
        assert row["as_of"]


def test_a_fact_without_a_source_is_refused() -> None:
    with pytest.raises(ValidationError, match="source"):
        Licence.model_validate({"name": "MIT", "output_use": "allowed", "as_of": "2026-01-01"})


def test_the_build_holds_every_document(shipped: Build) -> None:
    assert set(DOCUMENTS) | {"rule_metadata", "sekisho_revision"} == set(shipped.data)
