"""The detectors' rules accept the test values of the walkthrough."""

from pathlib import Path

from gateway.demo import scenario
from gateway.detect.rules.ruleset import apply_rules
from gateway.settings.root import Settings


def test_the_test_values_have_valid_check_digits() -> None:
    for value, entity in (
        (scenario.EMAIL, "EMAIL_ADDRESS"),
        (scenario.CARD, "CREDIT_CARD"),
        (scenario.MY_NUMBER, "JP_MY_NUMBER"),
        (scenario.JP_MOBILE, "PHONE_NUMBER"),
    ):
        text = f"マイナンバーは {value} です" if entity == "JP_MY_NUMBER" else f"at {value} now"
        assert entity in {span.entity for span in apply_rules(text)}
    assert any(
        span.entity.startswith("SECRET_") for span in apply_rules(f"TOKEN={scenario.API_KEY}")
    )


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
