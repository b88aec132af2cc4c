"""The vendors that deployments of kind ``litellm`` may be of, and why others may not."""

from typing import Final, Literal, TypeAlias, get_args

FamilyName: TypeAlias = Literal["anthropic", "gemini", "vertex", "mistral", "azure", "bedrock"]
"""Those whose socket test passes: see ``tests/upstream/litellm/test_sockets.py``."""

_REFUSED: Final = {
    "deepseek": "it leads to DeepSeek's own cloud; use kind openai with the base_url of a deployment of your own",
    "openai": "nothing has to be translated; use kind openai",
    "hosted_vllm": "nothing has to be translated; use kind openai",
    "ollama": "its OpenAI API needs no translation; use kind openai with …/v1",
    "openrouter": "it is a router; use kind openai with `providers`",
    "litellm_proxy": "where such a proxy sends to can't be known",
    "sagemaker": "its requests are signed within litellm, by a client of its own",
    "vertex_ai": "it is named vertex here",
    "azure_ai": "its API is OpenAI's; use kind openai with …/openai/v1",
}


def refusal(family: str) -> str:
    """Why a family can't be used, or ``""``."""
    if family in get_args(FamilyName):
        return ""
    reason = _REFUSED.get(family, "it has not been shown to open no connection of its own")
    return f"family {family!r} is not enabled: {reason}. Enabled: {', '.join(get_args(FamilyName))}"
