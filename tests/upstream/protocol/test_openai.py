import orjson

from gateway.settings.deployments import DeploymentSettings
from gateway.upstream.protocol.openai import OpenAIAdapter
from tests.parts import configuration
from tests.upstream.test_http import cleared


def test_the_document_is_the_neutral_one_with_the_deployments_own_fields() -> None:
    told = configuration.deployment("http://127.0.0.1:9/v1", providers=["deepinfra"])
    speech = OpenAIAdapter(DeploymentSettings.model_validate(told))
    going = speech.build_request(cleared(streamed=True))
    sent = orjson.loads(going.body)
    assert (going.path, going.media_type) == ("/chat/completions", "text/event-stream")
    assert sent["provider"]["only"] == ["deepinfra"]
    assert sent["stream_options"] == {"include_usage": True}


def test_without_a_key_no_header_is_made_up() -> None:
    speech = OpenAIAdapter(
        DeploymentSettings.model_validate(configuration.deployment("http://127.0.0.1:9/v1"))
    )
    assert speech.headers(None) == {}
    assert speech.headers("k") == {"authorization": "Bearer k"}
