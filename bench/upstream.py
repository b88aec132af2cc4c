"""A model server with minimal cost: it answers with the last message that it received.

``python -m bench.upstream PORT [CHUNKS [SPACING]]``. ``GET /last`` returns the last request body, byte for byte, so that a run can
check what was sent. A streamed answer has :data:`CHUNKS` pieces, :data:`SPACING` seconds apart.
"""

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator

import orjson
import uvloop
from aiohttp import web

CHUNKS = 200
SPACING = 0.001
_USAGE = {"prompt_tokens": 40, "completion_tokens": 40, "total_tokens": 80}


class Upstream:
    """Answers chat completions, and stores the last request."""

    def __init__(self, chunks: int = CHUNKS, spacing: float = SPACING) -> None:
        self._last = b""
        self._chunks = chunks
        self._spacing = spacing

    def app(self) -> web.Application:
        """Its routes."""
        app = web.Application(client_max_size=8 << 20)
        app.router.add_post("/v1/chat/completions", self._chat)
        app.router.add_get("/last", self._recorded)
        return app

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        self._last = await request.read()
        document = orjson.loads(self._last)
        text = document["messages"][-1]["content"]
        if not document.get("stream"):
            return web.Response(body=_whole(text), content_type="application/json")
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        async for frame in _frames(text, self._chunks, self._spacing):
            await response.write(frame)
        return response

    async def _recorded(self, _: web.Request) -> web.Response:
        return web.Response(body=self._last)


def _whole(text: str) -> bytes:
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return orjson.dumps(
        {
            **_head("chat.completion"),
            "choices": [choice],
            "usage": _USAGE,
        }
    )


async def _frames(text: str, chunks: int, spacing: float) -> AsyncIterator[bytes]:
    pieces = itertools.cycle(text.split(" "))
    yield _frame({"role": "assistant", "content": ""}, None)
    for piece in itertools.islice(pieces, chunks):
        yield _frame({"content": f"{piece} "}, None)
        await asyncio.sleep(spacing)
    yield _frame({}, "stop")
    yield _data({**_head("chat.completion.chunk"), "choices": [], "usage": _USAGE})
    yield b"data: [DONE]\n\n"


def _frame(delta: dict[str, str], finish: str | None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data({**_head("chat.completion.chunk"), "choices": [choice]})


def _data(document: dict[str, object]) -> bytes:
    return b"data: " + orjson.dumps(document) + b"\n\n"


def _head(kind: str) -> dict[str, object]:
    return {"id": "chatcmpl-bench", "object": kind, "created": 1_750_000_000, "model": "bench"}


def main() -> None:
    """Serve on loopback until terminated."""
    chunks = int(sys.argv[2]) if len(sys.argv) > 2 else CHUNKS
    spacing = float(sys.argv[3]) if len(sys.argv) > 3 else SPACING
    uvloop.install()
    web.run_app(
        Upstream(chunks, spacing).app(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        access_log=None,
        print=None,
    )


if __name__ == "__main__":
    main()
