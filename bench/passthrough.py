"""The minimum work of any gateway in Python: FastAPI and aiohttp, which forward bytes.

``python -m bench.passthrough PORT UPSTREAM``. It is the baseline for the gateway.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse


def passthrough(upstream: str) -> FastAPI:
    """An application that forwards chat completions to ``upstream``."""

    @asynccontextmanager
    async def session(app: FastAPI) -> AsyncIterator[None]:
        async with aiohttp.ClientSession() as client:
            app.state.client = client
            yield

    app = FastAPI(lifespan=session, openapi_url=None)

    @app.post("/v1/chat/completions")
    async def forward(request: Request) -> StreamingResponse:
        reply = await app.state.client.post(
            f"{upstream}/v1/chat/completions",
            data=await request.body(),
            headers={"content-type": "application/json"},
        )
        return StreamingResponse(
            _bytes(reply), status_code=reply.status, media_type=reply.headers["content-type"]
        )

    return app


async def _bytes(reply: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with reply:
        async for chunk in reply.content.iter_any():
            yield chunk


def main() -> None:
    """Serve on loopback until terminated, with the settings that the gateway serves with."""
    uvicorn.run(
        passthrough(sys.argv[2]),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
    )


if __name__ == "__main__":
    main()
