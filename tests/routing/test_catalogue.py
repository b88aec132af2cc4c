"""Only exact, configured names are models."""

import pytest

from gateway.errors import ModelNotFound
from gateway.routing.catalogue import Catalogue
from tests.parts.configuration import settings


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(settings(aliases=("deepseek-reasoner", "deepseek-ai/DeepSeek-R1")))


@pytest.mark.parametrize("asked", ["deepseek-r1", "deepseek-reasoner", "deepseek-ai/DeepSeek-R1"])
def test_names_and_aliases_resolve_in_house(catalogue: Catalogue, asked: str) -> None:
    entry = catalogue.resolve(asked)
    assert entry.name == "deepseek-r1"
    assert [deployment.zone for deployment in entry.deployments] == ["in-house"]
    assert asked in catalogue.models()


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "gpt-4o",
        "DeepSeek-R1",
        " deepseek-r1",
        "deepseek-r1\u200b",
        "deepseek/deepseek-chat",
        "openrouter/deepseek/deepseek-r1",
        "deepseek-ai/../deepseek-r1",
        "ｄeepseek-r1",
    ],
)
def test_T38_tricks_with_names_find_nothing(catalogue: Catalogue, asked: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        catalogue.resolve(asked)
    assert "deepseek-r1" in caught.value.message
