"""What the tour plants is what the detectors' rules call valid."""

from pathlib import Path

from gateway.demo import scenario
from gateway.detect.rules.patterns import tier0
from gateway.settings.root import Settings


def test_the_planted_identifiers_pass_their_check_digits() -> None:
    for value, entity in (
        (scenario.EMAIL, "EMAIL_ADDRESS"),
        (scenario.CARD, "CREDIT_CARD"),
        (scenario.MY_NUMBER, "JP_MY_NUMBER"),
        (scenario.JP_MOBILE, "PHONE_NUMBER"),
    ):
        text = f"マイナンバーは {value} です" if entity == "JP_MY_NUMBER" else f"at {value} now"
        assert entity in {span.entity for span in tier0(text)}
    assert any(span.entity.startswith("SECRET_") for span in tier0(f"TOKEN={scenario.API_KEY}"))


def test_the_configuration_is_valid() -> None:
    settings = Settings.model_validate(
        scenario.configuration(
            folder=Path("x"),
            policies=Path("p"),
            port=1,
            admin_port=2,
            model_url="http://127.0.0.1:1/v1",
        )
    )
    assert settings.models[scenario.IN_HOUSE].aliases == (scenario.R1_ALIAS,)
