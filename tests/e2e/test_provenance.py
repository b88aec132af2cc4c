"""What is proven of a deployment decides what it may serve, and every record and reply names it."""

import asyncio
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import Any

import openai
import orjson
import pytest

from gateway.demo.model import NAME, LocalModel, weights
from gateway.upstream.transport.connector import spki_pin
from tests.parts.certificates import Authority
from tests.parts.commands import ENVIRON, write_config
from tests.parts.configuration import deployment
from tests.parts.gateways import Served, serving
from tests.parts.records import MANIFEST, RecordSigner
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream, completion
from tests.parts.signing import key_pair

SAID = completion({"content": "hello"})
KEPT_ALIVE = 4.2
"""Seconds after which no connection is left from before."""
PATIENT = {"deadline_ms": 20_000}
"""Detection beside a model that takes every core."""
MESSAGES: Any = [{"role": "user", "content": "hello"}]


@pytest.fixture
def signer(tmp_path: Path) -> RecordSigner:
    return RecordSigner(tmp_path)


async def ask(served: Served) -> tuple[int, dict[str, str]]:
    """The status, and the headers that say what is proven."""
    async with served.client(timeout=120) as client:
        try:
            raw = await client.chat.completions.with_raw_response.create(
                model="deepseek-r1", messages=MESSAGES, max_tokens=4
            )
        except openai.APIStatusError as error:
            return error.status_code, _named(error.response.headers)
        return raw.status_code, _named(raw.headers)


def _named(headers: Any) -> dict[str, str]:
    names = ("provenance", "manifest")
    return {name: headers[f"x-sekisho-{name}"] for name in names if f"x-sekisho-{name}" in headers}


def last(served: Served) -> dict[str, Any]:
    """What the last record says of the decision."""
    record = served.records()[-1]
    names = ("kind", "reasons", "provenance", "manifests")
    return {name: record.get(name) for name in names}


def bound(
    server: ScriptedUpstream | LocalModel, signer: RecordSigner, record: Path, **changes: Any
) -> dict[str, Any]:
    """A deployment that is looked at twenty times a second unless it is said otherwise."""
    proven = {**signer.bound(record), "seconds": changes.pop("seconds", 0.05)}
    return {"r1-a": deployment(server.base_url, provenance=proven, **changes)}


async def until(served: Served, state: str) -> tuple[int, dict[str, str]]:
    """The first answer under that state: a look comes soon, and not at once."""
    async with asyncio.timeout(120):
        while (answer := await ask(served))[1].get("provenance") != state:
            await asyncio.sleep(0.05)
    return answer


async def test_a_deployment_without_a_record_is_declared_and_serves(tmp_path: Path) -> None:
    async with (
        ScriptedUpstream(SAID) as server,
        serving(tmp_path, base_url=server.base_url) as served,
    ):
        assert await ask(served) == (200, {"provenance": "declared"})
        assert last(served) == {
            "kind": "outcome",
            "reasons": (),
            "provenance": {"r1-a": "declared"},
            "manifests": {},
        }


async def test_a_valid_record_is_verified_and_serves(tmp_path: Path, signer: RecordSigner) -> None:
    async with ScriptedUpstream(SAID) as server:
        places = bound(server, signer, signer.sign())
        async with serving(tmp_path, deployments=places) as served:
            assert await ask(served) == (200, {"provenance": "verified", "manifest": MANIFEST})
            assert last(served) == {
                "kind": "outcome",
                "reasons": (),
                "provenance": {"r1-a": "verified"},
                "manifests": {"r1-a": MANIFEST},
            }


async def test_an_expired_record_is_refused(tmp_path: Path, signer: RecordSigner) -> None:
    async with ScriptedUpstream(SAID) as server:
        places = bound(server, signer, signer.sign(days=-1))
        async with serving(tmp_path, deployments=places) as served:
            assert await ask(served) == (403, {"provenance": "expired", "manifest": MANIFEST})
            assert last(served) == {
                "kind": "refusal",
                "reasons": ("provenance",),
                "provenance": {"r1-a": "expired"},
                "manifests": {"r1-a": MANIFEST},
            }
    assert server.connections == 0


async def test_a_record_of_another_key_is_refused_until_the_team_signs_one(
    tmp_path: Path, signer: RecordSigner
) -> None:
    async with ScriptedUpstream(SAID) as server:
        record = RecordSigner(tmp_path, "stranger").sign()
        async with serving(tmp_path, deployments=bound(server, signer, record)) as served:
            assert await ask(served) == (403, {"provenance": "unverified"})
            assert server.connections == 0
            assert last(served) == {
                "kind": "refusal",
                "reasons": ("provenance",),
                "provenance": {"r1-a": "unverified"},
                "manifests": {},
            }
            signer.sign()
            assert (await ask(served))[0] == 200


def mismatched(served: Served) -> bool:
    """Whether the last record says that policy refused a mismatch."""
    return last(served) == {
        "kind": "refusal",
        "reasons": ("provenance",),
        "provenance": {"r1-a": "mismatch"},
        "manifests": {"r1-a": MANIFEST},
    }


async def test_a_swapped_server_certificate_gets_no_byte_and_is_a_mismatch(
    tmp_path: Path, signer: RecordSigner
) -> None:
    """The same authority certified both servers, for the same host: only the key tells them apart."""
    authority = Authority(tmp_path)
    right, other = (authority.issue(name, "127.0.0.1") for name in ("right", "other"))
    tls = right.server()
    async with ScriptedUpstream(SAID, tls=tls) as server:
        record = signer.sign(spki=spki_pin(right.der))
        places = bound(server, signer, record, ca_file=str(authority.ca_file), seconds=3600)
        async with serving(tmp_path, deployments=places) as served:
            assert (await ask(served))[0] == 200
            tls.load_cert_chain(str(other.cert_file), str(other.key_file))
            await asyncio.sleep(KEPT_ALIVE)
            received = len(server.received)
            async with served.client() as client:
                with pytest.raises(openai.PermissionDeniedError, match="signed record"):
                    await client.chat.completions.create(model="deepseek-r1", messages=MESSAGES)
            assert served.records()[-1]["code"] == "provider_blocked"
            assert await ask(served) == (403, {"provenance": "mismatch", "manifest": MANIFEST})
            assert mismatched(served)
            assert len(server.received) == received


async def test_a_swapped_server_certificate_is_seen_while_nobody_calls_and_so_is_its_return(
    tmp_path: Path, signer: RecordSigner
) -> None:
    authority = Authority(tmp_path)
    right, other = (authority.issue(name, "127.0.0.1") for name in ("right", "other"))
    tls = right.server()
    async with ScriptedUpstream(SAID, tls=tls) as server:
        record = signer.sign(spki=spki_pin(right.der))
        places = bound(server, signer, record, ca_file=str(authority.ca_file), seconds=KEPT_ALIVE)
        async with serving(tmp_path, deployments=places) as served:
            assert (await ask(served))[0] == 200
            tls.load_cert_chain(str(other.cert_file), str(other.key_file))
            await asyncio.sleep(2 * KEPT_ALIVE)
            assert (await ask(served))[1]["provenance"] == "mismatch"
            assert mismatched(served)
            tls.load_cert_chain(str(right.cert_file), str(right.key_file))
            assert (await until(served, "verified"))[0] == 200


class Vendor:
    """A model server that can be told to pass everything on to another model."""

    def __init__(self, name: str = "deepseek-r1", tokens: tuple[int, ...] = (1, 2, 3)) -> None:
        self.name = name
        self.tokens = tokens

    def __call__(self, seen: ReceivedRequest) -> Script:
        path = seen.line.split()[1]
        document: Any = {"data": [{"id": self.name}]}
        if path == "/tokenize":
            document = {"tokens": self.tokens}
        return SAID if "/chat/" in path else Script(chunks=(orjson.dumps(document),))


async def test_silent_proxying_to_another_model_is_a_mismatch(
    tmp_path: Path, signer: RecordSigner
) -> None:
    vendor = Vendor()
    async with ScriptedUpstream(vendor) as server:
        places = bound(server, signer, signer.sign(model="deepseek-r1"))
        async with serving(tmp_path, deployments=places) as served:
            assert (await ask(served))[0] == 200
            vendor.name = "another"
            answer = await until(served, "mismatch")
            assert answer == (403, {"provenance": "mismatch", "manifest": MANIFEST})
            assert mismatched(served)
            vendor.name = "deepseek-r1"
            assert (await until(served, "verified"))[0] == 200


async def test_a_proxy_that_lies_about_its_model_is_told_by_the_tokenizer(
    tmp_path: Path, signer: RecordSigner
) -> None:
    vendor = Vendor()
    async with ScriptedUpstream(vendor) as server:
        shown = f"sha256:{hashlib.sha256(b'[1,2,3]').hexdigest()}"
        places = bound(server, signer, signer.sign(model="deepseek-r1", tokenizer=shown))
        async with serving(tmp_path, deployments=places) as served:
            assert (await ask(served))[0] == 200
            vendor.tokens = (1, 2, 4)
            assert (await until(served, "mismatch"))[0] == 403
            assert mismatched(served)


async def test_a_server_that_shows_nothing_is_not_proven(
    tmp_path: Path, signer: RecordSigner
) -> None:
    shown = f"sha256:{'0' * 64}"
    async with ScriptedUpstream(SAID) as server:
        places = bound(server, signer, signer.sign(tokenizer=shown))
        async with serving(tmp_path, deployments=places) as served:
            assert await ask(served) == (403, {"provenance": "unverified", "manifest": MANIFEST})


async def test_another_deployment_serves_while_one_is_not_proven(
    tmp_path: Path, signer: RecordSigner
) -> None:
    async with ScriptedUpstream(Vendor("another")) as wrong, ScriptedUpstream(SAID) as right:
        places = {
            **bound(wrong, signer, signer.sign(model="deepseek-r1")),
            "r1-b": deployment(right.base_url, priority=1),
        }
        models = {"deepseek-r1": {"deployments": list(places)}}
        async with serving(tmp_path, deployments=places, models=models) as served:
            assert await ask(served) == (200, {"provenance": "declared"})
            assert served.records()[-1]["deployment"] == "r1-b"


async def test_swapped_weights_are_told_on_disk_and_by_their_words(tmp_path: Path) -> None:
    """llama.cpp with the weights that were signed, then with others that load and call themselves the same."""
    folder = tmp_path / "weights"
    folder.mkdir()
    file = Path(shutil.copy(weights(), folder / "model.gguf"))
    private, public = key_pair(tmp_path)
    record = tmp_path / "record.json"
    async with LocalModel(threads=1, file=file) as model:
        config = write_config(tmp_path, deployments={"r1-a": local(model)}, models={})
        asked = [*("--key", str(private), "--out", str(record), "--expires", "2100-01-01")]
        asked += ["--shown-by", "r1-a", "--config", str(config)]
        signed = await command("models", "sign", str(folder), *asked, "--json")
        assert set(orjson.loads(signed)["claims"]) == {
            "expires",
            "model",
            "tokenizer",
            "fingerprint",
        }
        bond = {"record": str(record), "keys": [str(public)], "seconds": 0.05}
        places = {"r1-a": local(model, provenance=bond)}
        async with serving(tmp_path, deployments=places, detect=PATIENT) as served:
            status, named = await until(served, "verified")
            assert status == 200
    check = ("models", "verify", str(folder), "--record", str(record), "--key", str(public))
    assert (await command(*check)).startswith(b"verified")
    altered(file)
    assert (await command(*check)).startswith(b"model.gguf: altered")
    async with LocalModel(threads=1, file=file) as model:
        places = {"r1-a": local(model, provenance=bond)}
        async with serving(tmp_path, deployments=places, detect=PATIENT) as served:
            status, told = await until(served, "mismatch")
            assert status == 403
            assert told["manifest"] == named["manifest"]
        config = write_config(tmp_path, deployments=places, models={})
        probed = await command("models", "probe", "--config", str(config), "--json")
        assert orjson.loads(probed)["provenance"]["r1-a"] == {
            "state": "mismatch",
            "manifest": named["manifest"],
            "why": "reports another fingerprint",
        }


def local(model: LocalModel, **changes: Any) -> dict[str, Any]:
    return deployment(model.base_url, model=NAME, weights="smollm2", **changes)


def altered(file: Path) -> None:
    """The same model with some of its last tensor's numbers exchanged: it loads, and speaks otherwise."""
    content = bytearray(file.read_bytes())
    for end in range(len(content) // 2, len(content) - (1 << 16), 1 << 16):
        content[end : end + 64] = content[end + 64 : end + 128]
    file.write_bytes(content)


async def command(*arguments: str) -> bytes:
    """What a process of the command line's own prints, while servers run in this one."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "gateway", *arguments),
        env={**os.environ, **ENVIRON},
        stdout=asyncio.subprocess.PIPE,
    )
    return (await process.communicate())[0]
