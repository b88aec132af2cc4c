"""A call goes where it can fit; only what is certain keeps it from a deployment."""

import pytest

from gateway.errors import ContextExceeded
from gateway.routing.balance import Slot
from gateway.routing.context_window import fitting, larger, least_tokens
from gateway.routing.health import Health
from gateway.settings.deployments import DeploymentSettings, Routing
from tests.parts import samples
from tests.parts.configuration import deployment


def slot(name: str, context: int | None) -> Slot:
    settings = deployment("http://127.0.0.1:9/v1", context=context)
    return Slot(
        name, DeploymentSettings.model_validate(settings), Health(Routing(), None, drain=False)
    )


SMALL, LARGE, UNKNOWN = slot("small", 100), slot("large", 1000), slot("unknown", None)


def test_what_is_certain_is_the_reply_asked_for_and_a_token_for_16_bytes() -> None:
    assert least_tokens(samples.call("x" * 33)) == 2
    assert least_tokens(samples.call("関" * 16, max_output_tokens=50)) == 53


@pytest.mark.parametrize(
    ("max_tokens", "names"),
    [
        (90, ["small", "large", "unknown"]),
        (98, ["small", "large", "unknown"]),
        (99, ["large", "unknown"]),
        (1000, ["unknown"]),
    ],
)
def test_a_call_goes_where_it_can_fit_to_the_token(max_tokens: int, names: list[str]) -> None:
    call = samples.call("x" * 32, max_output_tokens=max_tokens)
    assert [s.name for s in fitting(call, [SMALL, LARGE, UNKNOWN])] == names


def test_a_call_that_fits_nowhere_is_refused_with_the_longest_context() -> None:
    call = samples.call("x" * 32, max_output_tokens=999)
    with pytest.raises(ContextExceeded, match=r"at least 1001 tokens.* takes 1000 at most"):
        fitting(call, [SMALL, LARGE])


def test_more_context_is_only_what_is_known_to_be_more() -> None:
    others = [SMALL, LARGE, UNKNOWN]
    assert [s.name for s in larger(SMALL, others)] == ["large"]
    assert larger(LARGE, others) == ()
    assert larger(UNKNOWN, others) == ()
