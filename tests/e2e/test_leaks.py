"""Planted values are searched for wherever something could have been written."""

from pathlib import Path

import aiohttp
import openai
import pytest

from gateway.demo.leaks import leaked_values
from tests.parts.commands import Process
from tests.parts.echoes import echo
from tests.parts.gateways import KEY
from tests.parts.scripted import ReceivedRequest, Script, ScriptedUpstream
from tests.parts.surfaces import SURFACES

PLANTED = (
    "kenji.tanaka@example.co.jp",
    "4111 1111 1111 1111",
    "ghp_" + "0aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY",
    "1234 5678 9018",
)


def scolds(seen: ReceivedRequest) -> Script:
    """A server that answers, and one that quotes its input in an error."""
    if b"fail" in seen.body:
        return Script(status=400, chunks=(seen.body,))
    return echo(seen)


def _files(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())


async def test_T30_T31_no_planted_value_is_anywhere_but_in_the_reply(tmp_path: Path) -> None:
    texts = [f"{kind} {' and '.join(PLANTED)} マイナンバー" for kind in ("echo", "fail")]
    errors = b""
    async with ScriptedUpstream(scolds) as upstream:
        gateway = Process(
            tmp_path, base_url=upstream.base_url, detect={"processes": 1}, logs={"level": "debug"}
        )
        async with gateway:
            client = openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key=KEY, max_retries=0)
            async with client:
                for text in texts:
                    try:
                        await client.chat.completions.create(
                            model="deepseek-r1", messages=[{"role": "user", "content": text}]
                        )
                    except openai.APIStatusError as error:
                        errors += error.response.content + str(error.response.headers).encode()
                with pytest.raises(openai.APIStatusError) as caught:
                    await client.chat.completions.create(
                        model=PLANTED[0],
                        messages=[{"role": PLANTED[1], "content": PLANTED[2]}],  # type: ignore[list-item,misc]
                    )
                errors += caught.value.response.content
            headers = {"authorization": f"Bearer {KEY}"}
            async with aiohttp.ClientSession() as session:
                for surface in SURFACES:
                    for text, status in zip(texts, (200, 400), strict=True):
                        url, body = gateway.url + surface.path, surface.body(text)
                        async with session.post(url, json=body, headers=headers) as reply:
                            assert reply.status == status, surface.name
                            errors += await reply.read() if status == 400 else b""
                async with session.get(f"http://127.0.0.1:{gateway.admin_port}/metrics") as reply:
                    metrics = await reply.read()
        written = _files(tmp_path)
    assert errors
    assert b"sekisho_redactions_total" in metrics
    for place in (upstream.received, errors, metrics, written):
        assert leaked_values(place, PLANTED) == []
        assert KEY.encode() not in place
