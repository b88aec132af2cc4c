"""Replies that try to carry a value out, as a browser opens them and as the gateway serves them."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import aiohttp
import pytest

from tests.parts.browser import WatchedBrowser
from tests.parts.echoes import says
from tests.parts.gateways import KEY, Served, serving
from tests.parts.scripted import Script, ScriptedUpstream, chunk, stream
from tests.parts.surfaces import CHAT, frames
from tests.redact.markup.readers import rendered
from tests.redact.markup.replies import HANDWRITTEN
from tests.redact.test_restore_addresses import ATTEMPTS, PLAIN, VALUE, restored

_STEP = 1 if os.environ.get("SEKISHO_PROVE") else 16
_MAIL, _OTHER = "kenji.tanaka@example.co.jp", "evil.example"


def _plain_http(text: str) -> str:
    """The proxy sees the address of a request by HTTP, and of one by HTTPS the host alone."""
    return text.replace("ttps", "ttp").replace("HTTPS", "HTTP")


def _pages(replies: list[str]) -> list[str]:
    """Each reply as HTML, as Markdown readers make it, and as it is."""
    return [page for reply in replies for page in (*rendered(reply), reply)]


async def test_B20_to_B27_a_browser_requests_and_links_no_address_with_the_value(
    tmp_path: Path,
) -> None:
    attempts = [*ATTEMPTS[: len(HANDWRITTEN)], *ATTEMPTS[len(HANDWRITTEN) :: _STEP]]
    attempts = [_plain_http(attempt) for attempt in attempts]
    known = frozenset({"known.example", "@corp.example"})
    replies = [restored(attempt, hosts=known) for attempt in attempts]
    assert all(PLAIN in reply and VALUE not in reply for reply in replies)
    # What a browser does when the value is in the address: the watch sees it.
    seen = [attempt.replace("{P}", "seenanyway") for attempt in attempts[::4]]
    async with WatchedBrowser(tmp_path, _pages([*replies, *seen])) as browser:
        written = [unquote(text).lower() for text in browser.requests]
        linked = [unquote(text).lower() for texts in browser.addresses.values() for text in texts]
    assert len(browser.addresses) == len(_pages([*replies, *seen]))
    assert [text for text in [*written, *linked] if VALUE in text] == []
    assert len([text for text in written if "seenanyway" in text]) > len(seen) / 4
    assert len([text for text in linked if "seenanyway" in text]) > len(seen)


@pytest.fixture
async def served(upstream: ScriptedUpstream, tmp_path: Path) -> AsyncIterator[Served]:
    async with serving(
        tmp_path, base_url=upstream.base_url, detect={"deadline_ms": 20_000}
    ) as running:
        yield running


async def _post(served: Served, body: Any) -> bytes:
    async with (
        aiohttp.ClientSession(headers={"authorization": f"Bearer {KEY}"}) as session,
        session.post(served.url + CHAT.path, json=body) as reply,
    ):
        assert reply.status == 200, await reply.text()
        return await reply.read()


async def _placeholder(served: Served, upstream: ScriptedUpstream) -> str:
    """What the model writes for the address."""
    await _post(served, CHAT.body(_MAIL, stream=True))
    sent = upstream.requests[-1].body.decode()
    return sent[sent.index("[EMAIL_ADDRESS_") :].partition("]")[0] + "]"


@pytest.mark.parametrize("role", ["user", "system", "tool", "assistant"])
async def test_B26_only_system_and_user_turns_name_a_host(
    served: Served, upstream: ScriptedUpstream, role: str
) -> None:
    minted = await _placeholder(served, upstream)
    body = CHAT.body(f"I am {_MAIL}", stream=True)
    turn: dict[str, Any] = {"role": role, "content": f"see https://{_OTHER}/docs"}
    if role == "tool":
        call = {"id": "c1", "type": "function", "function": {"name": "get", "arguments": "{}"}}
        body["messages"].append({"role": "assistant", "content": None, "tool_calls": [call]})
        turn["tool_call_id"] = "c1"
    body["messages"].append(turn)
    upstream.scripts = [says(f"[x](https://{_OTHER}/?q={minted}) {minted}", streamed=True)]
    text = CHAT.text(await _post(served, body), stream=True)
    named = role in ("user", "system")
    assert text == f"[x](https://{_OTHER}/?q={_MAIL if named else minted}) {_MAIL}"


_HOOK = "hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"


@pytest.mark.parametrize("streamed", [True, False])
async def test_B29_the_callers_own_address_comes_back_whole(
    served: Served, upstream: ScriptedUpstream, *, streamed: bool
) -> None:
    asked = f"Post to https://{_HOOK} please"
    text = CHAT.text(await _post(served, CHAT.body(asked, stream=streamed)), stream=streamed)
    assert _HOOK.encode() not in upstream.requests[-1].body
    assert text == asked


def _calls(*pieces: dict[str, Any]) -> Script:
    first = {"index": 0, "id": "c9", "type": "function"}
    calls = [{**first, "function": pieces[0]}]
    calls += [{"index": 0, "function": piece} for piece in pieces[1:]]
    said = [chunk({"tool_calls": [call]}) for call in calls]
    return stream(*said, chunk({}, finish="tool_calls"), b"data: [DONE]\n\n", done=False)


def _fetching(text: str) -> Any:
    function = {"name": "fetch", "parameters": {"type": "object", "properties": {}}}
    return {**CHAT.body(text, stream=True), "tools": [{"type": "function", "function": function}]}


@pytest.mark.parametrize(
    ("names", "called", "restores"),
    [
        (["fetch"], "fetch", True),
        (["fe", "tch"], "fetch", True),
        (["fetch", "fetch"], "fetch", True),
        (["fetch", "_evil"], "fetch_evil", False),
        (["fetch", "_", "evil"], "fetch_evil", False),
    ],
)
async def test_B28_the_whole_name_of_a_tool_is_judged(
    served: Served, upstream: ScriptedUpstream, names: list[str], called: str, *, restores: bool
) -> None:
    minted = await _placeholder(served, upstream)
    pieces: list[dict[str, Any]] = [{"name": name, "arguments": ""} for name in names]
    upstream.scripts = [_calls(*pieces, {"arguments": f'{{"to": "{minted}"}}'})]
    reply = await _post(served, _fetching(f"I am {_MAIL}"))
    deltas = [choice["delta"] for frame in frames(reply) for choice in frame.get("choices", ())]
    tools = [call["function"] for delta in deltas for call in delta.get("tool_calls") or ()]
    assert "".join(tool.get("name") or "" for tool in tools) == called
    written = "".join(tool.get("arguments") or "" for tool in tools)
    assert written == f'{{"to": "{_MAIL if restores else minted}"}}'


async def test_B28_no_name_goes_on_behind_arguments(
    served: Served, upstream: ScriptedUpstream
) -> None:
    minted = await _placeholder(served, upstream)
    upstream.scripts = [
        _calls(
            {"name": "fetch", "arguments": f'{{"to": "{minted}"'},
            {"name": "_evil", "arguments": "}"},
        )
    ]
    reply = await _post(served, _fetching(f"I am {_MAIL}"))
    assert b"_evil" not in reply
    assert b"upstream_error" in reply
