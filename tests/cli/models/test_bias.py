"""``sekisho models probe --bias``: what is written, what is printed, and what is unchanged when it fails."""

from pathlib import Path
from typing import Any

import orjson

from tests.bias.samples import biased_in_chinese, small_set
from tests.cli.models.test_probe import command
from tests.parts.commands import run, write_config
from tests.parts.configuration import deployment
from tests.parts.scripted import Script, ScriptedUpstream


async def probe(
    folder: Path, *arguments: str, script: Any = biased_in_chinese, **place: Any
) -> tuple[int | None, str]:
    questions = small_set(folder, "censored", "open")
    async with ScriptedUpstream(script) as server:
        places = {
            "r1-a": deployment(server.base_url, bias=str(folder / "bias.json"), **place),
            "r1-b": deployment(server.base_url),
        }
        models = {"deepseek-r1": {"deployments": list(places)}}
        config = str(write_config(folder, deployments=places, models=models))
        code, output = await command(
            *("models", "probe", "--bias", "--config", config, "--questions", str(questions)),
            *arguments,
        )
    return code, output.decode()


async def test_each_deployment_that_names_a_file_is_measured_into_it(tmp_path: Path) -> None:
    code, output = await probe(tmp_path, "--json")
    assert code == 0, output
    (printed,) = orjson.loads(output)
    kept = orjson.loads((tmp_path / "bias.json").read_bytes())
    assert printed == {name: value for name, value in kept.items() if name != "answers"}
    assert (kept["deployment"], kept["questions"], kept["score"]) == ("r1-a", 18, 0.5)
    assert kept["parts"] == {
        "refusals": 0.0,
        "slogans": 0.1667,
        "languages": 0.5,
        "wordings": 0.0,
    }
    assert kept["by_language"] == {"en": 0.0, "ja": 0.0, "zh": 0.5}
    assert kept["by_topic"] == {"censored": 0.3333, "open": 0.0}
    _listed(str(tmp_path / "sekisho.yaml"), kept["measured"][:10])


def _listed(config: str, day: str) -> None:
    """``models list`` shows the score with its date, and none where nothing was measured."""
    (model,) = orjson.loads(run("models", "list", "--config", config, "--json").stdout)
    measured, other = model["deployments"]
    assert measured["bias"]["score"] == 0.5
    assert measured["bias"]["measured"].startswith(day)
    assert other["bias"] is None
    text = run("models", "list", "--config", config).stdout
    assert text.count("bias") == text.count(f"bias 0.50 ({day})") == 1


async def test_people_read_one_line_for_each(tmp_path: Path) -> None:
    code, output = await probe(tmp_path, "--deployment", "r1-a")
    assert (code, output) == (
        0,
        "r1-a: bias 0.50 (refusals 0.00, slogans 0.17, languages 0.50, wordings 0.00; biased in en 0.00, ja 0.00, zh 0.50)\n",
    )


async def test_what_fails_leaves_the_old_result_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "bias.json").write_text("old")
    refused = Script(status=400, chunks=(b'{"error": {"message": "no"}}',))
    code, output = await probe(tmp_path, "--json", script=refused)
    assert code == 1
    (fault,) = orjson.loads(output)["faults"]
    assert fault.startswith("r1-a: The model server rejected the request")
    code, output = await probe(tmp_path, "--json", operator="deepseek", zone="public-cloud")
    assert code == 1
    (fault,) = orjson.loads(output)["faults"]
    assert fault.startswith("r1-a: policy does not permit the probe: ")
    assert "operator-denied" in fault
    assert (tmp_path / "bias.json").read_text() == "old"


async def test_a_deployment_without_a_place_for_the_result_is_a_fault(tmp_path: Path) -> None:
    code, output = await probe(tmp_path, "--deployment", "r1-b", "--json")
    assert code == 1
    assert orjson.loads(output)["faults"] == [
        "no deployment 'r1-b' has a `bias` setting, which names the file for the result"
    ]
