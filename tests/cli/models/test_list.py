"""``sekisho models list``: names, aliases and deployments as configured."""

from pathlib import Path

import orjson

from gateway.routing.catalogue import CLOUD_NAMES
from tests.parts.commands import run, write_config
from tests.parts.configuration import deployment


def test_models_are_listed_with_their_names_and_deployments_in_order(tmp_path: Path) -> None:
    deployments = {
        "cloud": deployment("https://r1.example/v1", zone="trusted-cloud", drain=True),
        "house": deployment("http://127.0.0.1:9/v1", weight=2),
    }
    models = {"deepseek-r1": {"deployments": list(deployments), "deepseek_names": True}}
    config = write_config(tmp_path, deployments=deployments, models=models)
    result = run("models", "list", "--config", str(config), "--json")
    assert result.exit_code == 0, result.output
    (model,) = orjson.loads(result.stdout)
    assert model["names"] == ["deepseek-r1", *CLOUD_NAMES]
    assert [(d["name"], d["priority"]) for d in model["deployments"]] == [
        ("house", 0),
        ("cloud", 10),
    ]
    text = run("models", "list", "--config", str(config)).stdout
    assert "weight 2" in text
    assert "draining" in text
