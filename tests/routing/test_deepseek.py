"""The names of DeepSeek's cloud lead to the in-house model, where the configuration says so."""

from typing import Any

import pytest

from gateway.errors import ModelNotFound
from gateway.routing.catalogue import Catalogue
from gateway.routing.deepseek import CLOUD_NAMES
from tests.parts.configuration import settings


def catalogue(**model: Any) -> Catalogue:
    return Catalogue(settings(models={"r1": {"deployments": ["r1-a"], **model}}))


@pytest.mark.parametrize("asked", CLOUD_NAMES)
def test_T38_a_cloud_name_resolves_in_house_when_that_is_configured(asked: str) -> None:
    entry = catalogue(deepseek_names=True).resolve(asked)
    assert entry.name == "r1"
    assert {deployment.zone for deployment in entry.deployments} == {"in-house"}
    with pytest.raises(ModelNotFound):
        catalogue().resolve(asked)


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


@pytest.mark.parametrize("asked", ["deepseek/deepseek-chat", "DeepSeek-Chat", "deepseek-chat "])
def test_no_other_spelling_does(asked: str) -> None:
    with pytest.raises(ModelNotFound):
        catalogue(deepseek_names=True).resolve(asked)
