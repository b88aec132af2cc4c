"""R1 as its makers recommend it: sampling unless the caller chose, and no system prompt."""

import pytest

from gateway.settings.deployments import DeploymentSettings
from gateway.upstream.protocol.openai import OpenAIAdapter
from gateway.upstream.protocol.presets import with_preset
from tests.parts import configuration
from tests.upstream.test_http import cleared

SYSTEM = {"role": "system", "content": "Be brief."}
USER = {"role": "user", "content": "Hello"}
ANSWER = {"role": "assistant", "content": "Hi"}


def test_r1_is_sampled_as_recommended_unless_the_caller_chose() -> None:
    document = with_preset({"messages": [USER]}, "deepseek-r1")
    assert (document["temperature"], document["top_p"]) == (0.6, 0.95)
    chosen = with_preset({"messages": [USER], "temperature": 0}, "deepseek-r1")
    assert chosen == {"messages": [USER], "temperature": 0}


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([SYSTEM, USER, ANSWER], [{**USER, "content": "Be brief.\n\nHello"}, ANSWER]),
        ([SYSTEM], [{"role": "user", "content": "Be brief."}]),
        (
            [ANSWER, USER, {"role": "developer", "content": [{"type": "text", "text": "Now"}]}],
            [ANSWER, {**USER, "content": "Now\n\nHello"}],
        ),
        ([USER], [USER]),
    ],
)
def test_r1_gets_the_system_prompt_in_the_user_turn(
    messages: list[object], expected: list[object]
) -> None:
    assert with_preset({"messages": messages}, "deepseek-r1")["messages"] == expected


def test_what_is_no_text_stays_a_part() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:x"}}
    document = with_preset({"messages": [SYSTEM, {**USER, "content": [image]}]}, "deepseek-r1")
    assert document["messages"][0]["content"] == [{"type": "text", "text": "Be brief."}, image]


def test_r1_0528_keeps_its_system_prompt_and_no_preset_changes_nothing() -> None:
    request = {"messages": [SYSTEM, USER]}
    assert with_preset(request, "deepseek-r1-0528")["messages"] == [SYSTEM, USER]
    assert with_preset(request, None) == request
    assert with_preset({"input": "x"}, "deepseek-r1") == {"input": "x"}


def test_the_deployments_preset_is_on_the_wire() -> None:
    document = configuration.deployment("http://127.0.0.1:9/v1", preset="deepseek-r1")
    adapter = OpenAIAdapter(DeploymentSettings.model_validate(document), lambda _: None)
    sent = adapter.build_request(cleared()).document
    assert (sent["temperature"], sent["top_p"]) == (0.6, 0.95)
