"""LiteLLM's proxy 1.106.2, in a separate environment (``make clients``): bare, or with its Presidio guardrail."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import psutil
import yaml

from bench.measure import Tree
from bench.payloads import MODEL
from bench.subjects import DidNotStart, Subject, answers, free_port, url_of

ROOT: Final = Path(__file__).resolve().parent.parent
BIN: Final = ROOT / ".tools/litellm/bin"


@asynccontextmanager
async def litellm_proxy(
    folder: Path, upstream: str, key: str, *, guardrail: bool = False
) -> AsyncIterator[Subject]:
    """The proxy in front of a model server, with one worker.

    With ``guardrail``, Presidio's two services are started for it, redact every request and restore values; they
    count as part of the subject.

    Raises:
        DidNotStart: with its log.
    """
    if not guardrail:
        async with _proxy(folder, "litellm", upstream, key, {}) as root:
            yield _subject("litellm", root)
        return
    async with (
        _service(folder, [sys.executable, "-m", "bench.presidio_analyzer_service"]) as analyzer,
        _service(
            folder, [str(BIN / "python"), str(ROOT / "bench/presidio_anonymizer_service.py")]
        ) as anonymizer,
    ):
        proxy_settings = {
            "guardrails": [
                {
                    "guardrail_name": "presidio",
                    "litellm_params": {
                        "guardrail": "presidio",
                        "mode": "pre_call",
                        "default_on": True,
                        "output_parse_pii": True,
                        "presidio_analyzer_api_base": analyzer[1],
                        "presidio_anonymizer_api_base": anonymizer[1],
                    },
                }
            ]
        }
        async with _proxy(folder, "litellm-presidio", upstream, key, proxy_settings) as root:
            yield _subject("litellm + presidio", root, analyzer[0], anonymizer[0])


Running = tuple[psutil.Process, str]


def _subject(name: str, proxy: Running, *services: psutil.Process) -> Subject:
    return Subject(name=name, url=proxy[1], tree=Tree(root=proxy[0], beside=services))


@asynccontextmanager
async def _proxy(
    folder: Path, name: str, upstream: str, key: str, more: dict[str, Any]
) -> AsyncIterator[Running]:
    parameters = {"model": f"openai/{MODEL}", "api_base": f"{upstream}/v1", "api_key": "x"}
    models = [{"model_name": MODEL, "litellm_params": parameters}]
    config = folder / f"{name}.yaml"
    config.write_text(yaml.safe_dump({"model_list": models, **more}))
    environ = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "LITELLM_MASTER_KEY": key,
    }
    port = free_port()
    command = [
        *(str(BIN / "litellm"), "--config", str(config), "--port", str(port)),
        *("--host", "127.0.0.1"),
    ]
    probe = f"{url_of(port)}/health/liveliness"
    async with _running(command, folder / f"{name}.log", probe, environ, folder) as process:
        yield process, url_of(port)


@asynccontextmanager
async def _service(folder: Path, command: Sequence[str]) -> AsyncIterator[Running]:
    port = free_port()
    log = folder / f"service-{port}.log"
    probe = f"{url_of(port)}/health"
    async with _running([*command, str(port)], log, probe, None, ROOT) as process:
        yield process, url_of(port)


@asynccontextmanager
async def _running(
    command: Sequence[str], log: Path, probe: str, environ: dict[str, str] | None, cwd: Path
) -> AsyncIterator[psutil.Process]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, env=environ, cwd=cwd, stdout=output, stderr=output
        )
    try:
        if not await answers(process, probe):
            raise DidNotStart(log.read_text(errors="replace")[-2000:])
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
