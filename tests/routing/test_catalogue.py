"""Only exact, configured names are models."""

from typing import Any

import pytest

from gateway.errors import ModelNotFound
from gateway.routing.catalogue import CLOUD_NAMES, Catalogue
from tests.parts.configuration import settings


@pytest.fixture
def catalogue() -> Catalogue:
    return Catalogue(settings(aliases=("deepseek-reasoner", "deepseek-ai/DeepSeek-R1")))


@pytest.mark.parametrize("name", ["deepseek-r1", "deepseek-reasoner", "deepseek-ai/DeepSeek-R1"])
def test_names_and_aliases_resolve_in_house(catalogue: Catalogue, name: str) -> None:
    entry = catalogue.resolve(name)
    assert entry.name == "deepseek-r1"
    assert [deployment.zone for deployment in entry.deployments] == ["in-house"]
    assert name in catalogue.models()


@pytest.mark.parametrize(
    "name",
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
def test_T38_tricks_with_names_find_nothing(catalogue: Catalogue, name: str) -> None:
    with pytest.raises(ModelNotFound) as caught:
        catalogue.resolve(name)
    assert "deepseek-r1" in caught.value.message


def r1_catalogue(**model: Any) -> Catalogue:
    return Catalogue(settings(models={"r1": {"deployments": ["r1-a"], **model}}))


@pytest.mark.parametrize("name", CLOUD_NAMES)
def test_T38_a_cloud_name_resolves_in_house_when_that_is_configured(name: str) -> None:
    entry = r1_catalogue(deepseek_names=True).resolve(name)
    assert entry.name == "r1"
    assert {deployment.zone for deployment in entry.deployments} == {"in-house"}
    with pytest.raises(ModelNotFound):
        r1_catalogue().resolve(name)


def test_a_name_that_the_configuration_gives_to_another_model_stays_there() -> None:
    known = Catalogue(
        settings(
            models={
                "r1": {"deployments": ["r1-a"], "deepseek_names": True},
                "v3": {"deployments": ["r1-a"], "aliases": ["deepseek-chat"]},
            }
        )
    )
    assert known.resolve("deepseek-chat").name == "v3"
    assert known.resolve("deepseek-reasoner").name == "r1"


@pytest.mark.parametrize("name", ["deepseek/deepseek-chat", "DeepSeek-Chat", "deepseek-chat "])
def test_no_other_spelling_does(name: str) -> None:
    with pytest.raises(ModelNotFound):
        r1_catalogue(deepseek_names=True).resolve(name)
