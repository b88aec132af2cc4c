"""``sekisho explain``: a dry run that sends and records nothing."""

from pathlib import Path
from typing import Any

import orjson

from tests.parts.commands import run, write_config
from tests.parts.configuration import deployment
from tests.parts.records import RecordSigner

BODY = orjson.dumps(
    {
        "model": "deepseek-reasoner",
        "messages": [{"role": "user", "content": "I am a.tanaka@example.jp"}],
    }
)


def test_findings_decision_masked_body_and_destination(tmp_path: Path) -> None:
    config = write_config(tmp_path, detect={"processes": 1})
    request = tmp_path / "request.json"
    request.write_bytes(BODY)
    result = run("explain", str(request), "--config", str(config), "--json")
    assert result.exit_code == 0, result.output
    document = orjson.loads(result.stdout)
    assert [finding["entity"] for finding in document["findings"]] == ["EMAIL_ADDRESS"]
    assert document["decision"]["allow"] is True
    assert document["facts"]["findings"] == {"EMAIL_ADDRESS": {"user": "1"}}
    candidate = document["candidates"]["r1-a"]
    assert candidate["lineage"]["developer"] == "DeepSeek"
    assert candidate["exceptions"] == []
    assert candidate["base_url"] == "http://127.0.0.1:9/v1"
    assert "tanaka" not in result.stdout
    assert "[EMAIL_ADDRESS_" in orjson.dumps(candidate["body"]).decode()
    assert not (tmp_path / "audit.db").exists()


def test_a_caller_with_a_certificate_is_explained_by_its_id(tmp_path: Path) -> None:
    caller = {"id": "portal", "tenant": "globex", "app": "portal", "dns": "portal.example"}
    proxy = {"addresses": ["10.0.0.7"]}
    identity = {"certificates": {"callers": [caller], "proxy": proxy}}
    config = str(write_config(tmp_path, detect={"processes": 1}, identity=identity))
    options = ("--key", "portal", "--config", config, "--json")
    result = run("explain", "-", *options, stdin=BODY.decode())
    assert result.exit_code == 0, result.output
    facts = orjson.loads(result.stdout)["facts"]
    assert (facts["tenant"], facts["app"]) == ("globex", "portal")


def explained(config: Path, *options: str) -> dict[str, Any]:
    """The facts of the request, as this caller's."""
    result = run("explain", "-", *options, "--config", str(config), "--json", stdin=BODY.decode())
    assert result.exit_code == 0, result.output
    facts: dict[str, Any] = orjson.loads(result.stdout)["facts"]
    return facts


def test_B90_a_caller_of_the_key_file_is_explained_by_its_id(tmp_path: Path) -> None:
    identity = {"keys_file": str(tmp_path / "keys.json")}
    config = write_config(tmp_path, detect={"processes": 1}, identity=identity)
    for key_id in ("hr", "portal"):
        options = ("--id", key_id, "--tenant", "globex", "--app", key_id, "--group", "finance")
        assert run("keys", "create", *options, "--config", str(config)).exit_code == 0
    facts = explained(config, "--key", "portal")
    assert (facts["tenant"], facts["app"], facts["groups"]) == ("globex", "portal", ["finance"])
    assert explained(config)["app"] == "hr"
    assert run("keys", "revoke", "portal", "--config", str(config)).exit_code == 0
    refused = run("explain", "-", "--key", "portal", "--config", str(config), stdin="{}")
    assert refused.exit_code == 1
    assert "expired or was revoked" in refused.output


def test_B90_a_caller_with_a_token_is_explained_by_its_claims(tmp_path: Path) -> None:
    config = write_config(tmp_path, detect={"processes": 1}, identity={})
    facts = explained(config, "--tenant", "globex", "--app", "chat", "--group", "finance")
    assert (facts["tenant"], facts["app"], facts["groups"]) == ("globex", "chat", ["finance"])
    for options in (
        (),
        ("--tenant", "globex"),
        ("--group", "finance"),
        ("--tenant", "Globex", "--app", "chat"),
        ("--tenant", "globex", "--app", "chat", "--key", "billing"),
    ):
        result = run("explain", "-", *options, "--config", str(config), stdin=BODY.decode())
        assert result.exit_code == 1, options


def test_what_is_proven_of_a_deployment_is_looked_at(tmp_path: Path) -> None:
    team = RecordSigner(tmp_path)
    request = tmp_path / "request.json"
    request.write_bytes(BODY)
    found = {}
    for model in (None, "deepseek-r1"):
        bound = team.bound(team.sign(model=model))
        places = {"r1-a": deployment("http://127.0.0.1:9/v1", provenance=bound)}
        config = write_config(tmp_path, detect={"processes": 1}, deployments=places)
        document = orjson.loads(
            run("explain", str(request), "--config", str(config), "--json").stdout
        )
        (candidate,) = document["facts"]["candidates"]
        found[candidate["provenance"]] = document["decision"]["allow"]
    assert found == {"verified": True, "unverified": False}


def test_errors_are_reported_as_the_api_would(tmp_path: Path) -> None:
    config = write_config(tmp_path)
    result = run("explain", "-", "--config", str(config), stdin='{"model": 1}')
    assert result.exit_code == 1
    assert orjson.loads(result.stdout)["error"]["code"] == "invalid_request"
    missing = run("explain", str(tmp_path / "none.json"), "--config", str(config))
    assert missing.exit_code == 2
    unknown = run("explain", "-", "--config", str(config), "--key", "nobody", stdin="{}")
    assert unknown.exit_code == 1
