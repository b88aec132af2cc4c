"""Settings of issuers."""

import pytest
from pydantic import ValidationError

from gateway.settings.provider import Provider

GOOD = {"issuer": "https://id.example/realm", "audience": "sekisho"}


def test_signatures_are_made_with_private_keys() -> None:
    assert "RS256" in Provider.model_validate(GOOD).algorithms
    for wrong in ("none", "HS256", "RS1"):
        with pytest.raises(ValidationError):
            Provider.model_validate({**GOOD, "algorithms": [wrong]})


@pytest.mark.parametrize(
    "wrong", [{"issuer": "id.example"}, {"issuer": "https://id.example?x"}, {"audience": ""}]
)
def test_an_issuer_is_an_address_and_an_audience_is_named(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Provider.model_validate({**GOOD, **wrong})
