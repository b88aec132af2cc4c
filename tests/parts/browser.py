"""Debian's Chromium without a window, all of whose requests end at a proxy on loopback that writes them down."""

import asyncio
import json
import os
import shutil
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import pytest

_HOST = "pages.test"
_FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--disable-default-apps"),
    *("--disable-extensions", "--disable-dev-shm-usage", "--mute-audio"),
)
_BATCH = 60
_INDEX = """<!DOCTYPE html><meta charset=utf-8><body><script>
const found = {}, wait = ms => new Promise(done => setTimeout(done, ms));
function read(frame) {
  const page = frame.contentDocument;
  if (!page) return [];
  return [...page.querySelectorAll('*')].flatMap(element =>
    ['href', 'src', 'action', 'formAction', 'data', 'poster', 'srcset', 'background', 'baseURI']
      .map(name => element[name]).filter(value => typeof value === 'string' && value)
      .concat(element.getAttribute('style') || [], element.getAttribute('href') || []));
}
(async () => {
  for (let first = 0; first < COUNT; first += BATCH) {
    const frames = [];
    for (let n = first; n < Math.min(first + BATCH, COUNT); n++) {
      const frame = document.createElement('iframe');
      const loaded = new Promise(done => frame.onload = done);
      frame.src = '/' + n;
      document.body.append(frame);
      frames.push([n, frame, loaded]);
    }
    await Promise.race([Promise.all(frames.map(one => one[2])), wait(5000)]);
    await wait(150);
    for (const [n, frame] of frames) {
      try { found[n] = read(frame); } catch (error) { found[n] = ['unreadable: ' + error]; }
      frame.remove();
    }
  }
  await fetch('/found', {method: 'POST', body: JSON.stringify(found)});
})();
</script>"""


def chromium_binary() -> str:
    """Where Chromium is installed; where it is missing the test is skipped, loudly."""
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("chromium is not installed: apt-get install chromium (Debian)")
    return found


class WatchedBrowser:
    """Opens pages, each in a frame of its own, and notes what they request and where their addresses lead.

    Args:
        folder: for the profile.
        pages: HTML documents.

    Attributes:
        requests: the first line of every request, as the proxy got it.
        addresses: of each page, its addresses as the browser resolved them.
    """

    def __init__(self, folder: Path, pages: Sequence[str]) -> None:
        self.requests: list[str] = []
        self.addresses: dict[int, list[str]] = {}
        self._binary = chromium_binary()
        self._folder = folder
        self._pages = pages
        self._done = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        """Every page has been opened and read."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        process = await asyncio.create_subprocess_exec(
            self._binary,
            *_FLAGS,
            f"--user-data-dir={self._folder}",
            f"--proxy-server=http://127.0.0.1:{port}",
            "--proxy-bypass-list=<-loopback>",
            f"http://{_HOST}/",
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(60 + len(self._pages) / 5):
                await self._done.wait()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()
            # The handlers see that their connections have ended.
            await asyncio.sleep(0.01)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Nothing is left to do: the browser has ended."""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            line, _, fields = head.partition("\r\n")
            method, target, _ = line.split(" ", 2)
            body = self._answer(target)
            if method == "POST" and target == f"http://{_HOST}/found":
                length = int(fields.lower().partition("content-length:")[2].split()[0])
                found = json.loads(await reader.readexactly(length))
                self.addresses = {int(number): texts for number, texts in found.items()}
                self._done.set()
            kind = b"text/html; charset=utf-8" if body else b"text/plain"
            writer.write(
                b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b"
                % (kind, len(body), body)
            )
            await writer.drain()
        self._writers.discard(writer)
        writer.close()

    def _answer(self, target: str) -> bytes:
        """The body of the reply to a request; those to other hosts are noted."""
        host, _, path = target.removeprefix("http://").partition("/")
        if host == _HOST and not path:
            return (
                _INDEX.replace("COUNT", str(len(self._pages)))
                .replace("BATCH", str(_BATCH))
                .encode()
            )
        if host == _HOST and path.isdecimal():
            return self._pages[int(path)].encode("utf-8", "replace")
        self.requests.append(target)
        return b""
