"""What OpenAI's operations share."""

import orjson

from gateway.dialects.core.errors import error_document
from gateway.dialects.core.openai_dialect import model_list
from gateway.dialects.openai.chat import OpenAIChat
from gateway.errors import InvalidRequest


def test_models_are_listed_as_the_sdks_read_them() -> None:
    listed = orjson.loads(model_list(["r1", "smollm2"]))
    assert [model["id"] for model in listed["data"]] == ["r1", "smollm2"]
    assert listed["object"] == "list"
    assert (listed["first_id"], listed["last_id"]) == ("r1", "smollm2")
    assert listed["has_more"] is False


def test_a_list_without_models_has_no_ends() -> None:
    assert orjson.loads(model_list([])) == {"object": "list", "data": [], "has_more": False}


def test_each_operation_has_the_list_and_the_error_object() -> None:
    error = InvalidRequest("m", param="n")
    assert OpenAIChat().models(["r1"]) == model_list(["r1"])
    assert orjson.loads(OpenAIChat().error(error, "req-1")) == error_document(error, "req-1")
