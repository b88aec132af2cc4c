"""litellm translates, and reaches for nothing while it does."""

import traceback
from typing import Any

import pytest

from gateway.dialects.outgoing.formats import outgoing_texts
from gateway.errors import UpstreamFailed, UpstreamRejected
from gateway.upstream.litellm.families import FAMILIES
from gateway.upstream.litellm.library import load
from gateway.upstream.litellm.translation import Translation
from tests.parts.vendors import GEMINI, VENDORS, Vendor, needs_litellm

pytestmark = needs_litellm
every_vendor = pytest.mark.parametrize("vendor", VENDORS, ids=[v.family for v in VENDORS])


def translation(vendor: Vendor, *content: Any, stream: bool = False, **more: Any) -> Translation:
    neutral = {"messages": [{"role": "user", "content": list(content)}], **more}
    return Translation(load(), FAMILIES[vendor.family], vendor.model, neutral, stream=stream)  # type: ignore[index]


@pytest.mark.parametrize("vendor", [v for v in VENDORS if v.family == "bedrock"])
def test_an_image_that_litellm_would_fetch_is_refused(vendor: Vendor) -> None:
    image = {"type": "image_url", "image_url": {"url": "http://127.0.0.1:9/x.png"}}
    with pytest.raises(UpstreamRejected, match="data: URLs"):
        translation(vendor, image)


@every_vendor
def test_T31_a_fault_of_litellm_reveals_nothing_of_the_request(
    vendor: Vendor, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UpstreamFailed) as caught:
        translation(vendor, {"type": "text", "text": "PLANTED"}, tools=[{"PLANTED": 1}]).whole("PLANTED")  # fmt: skip
    printed = "".join(traceback.format_exception(caught.value))
    out, err = capfd.readouterr()
    assert "PLANTED" not in str(caught.value) + out + err
    assert caught.value.__suppress_context__
    assert "site-packages" not in printed


def test_a_part_of_geminis_stream_ends_it_only_when_gemini_says_so() -> None:
    part = {"candidates": [{"index": 0, "content": {"role": "model", "parts": [{"text": "a"}]}}]}
    one = translation(GEMINI, {"type": "text", "text": "x"}, stream=True)
    assert one.chunk(part)["choices"][0]["finish_reason"] is None
    part["candidates"][0]["finishReason"] = "STOP"
    assert one.chunk(part)["choices"][0]["finish_reason"] == "stop"


def test_a_blocked_prompt_is_a_content_filter_of_gemini() -> None:
    one = translation(GEMINI, {"type": "text", "text": "x"})
    reply = one.whole({"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 1}})  # fmt: skip
    assert reply["choices"][0]["finish_reason"] == "content_filter"


@pytest.mark.parametrize("system", [[], [{"role": "system", "content": "Plan"}]])
def test_B01_the_prompt_that_litellm_writes_for_a_reasoning_model_is_not_the_callers(
    system: list[dict[str, Any]],
) -> None:
    neutral = {
        "messages": [*system, {"role": "user", "content": "x"}],
        "reasoning_effort": "high",
    }
    one = Translation(load(), FAMILIES["mistral"], "magistral-medium-latest", neutral, stream=False)
    assert "Problem" in one.document["messages"][0]["content"]
    texts = [text for text, _ in outgoing_texts(one.document, "chat.completions")]
    assert not any("Problem" in text for text in texts)
    assert any("Plan" in text for text in texts) == bool(system)
