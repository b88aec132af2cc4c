"""The walkthrough: its steps, each with what was sent, received, returned and recorded, and its checks."""

import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import openai
import orjson

from gateway.audit.search import Query, search
from gateway.demo import scenario
from gateway.demo.environment import Environment
from gateway.demo.leaks import leaked_values

_GRAMMAR_NOTE = (
    "SmolLM2 did not copy the placeholders by itself; this reply was generated with a grammar, added by the "
    "recording proxy, that quotes the placeholders of the request."
)

_STOP = "\n"
"""Where a reply stops: a model of this size repeats itself on the next lines."""


@dataclass(slots=True, kw_only=True)
class Step:
    """One step of the walkthrough and its results."""

    title: str
    app_sent: Any
    model_received: Any = None
    app_got: Any = None
    audit: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    checks: dict[str, bool] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return all(self.checks.values())


class Walkthrough:
    """Runs the steps against a running environment, as an application with the OpenAI SDK would."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._client = openai.AsyncOpenAI(
            base_url=environment.base_url,
            api_key=environment.api_key,
            # No retries: every request must occur once in the recording.
            max_retries=0,
        )

    async def steps(self) -> AsyncIterator[Step]:
        """Each step, once it is finished."""
        async with self._client:
            yield await self._chat(
                "1. A chat with a name, an e-mail, a phone number and a card", self._whole
            )
            yield await self._chat("2. The same, streamed", self._streamed)
            yield await self._alias()
            yield await self._deepseek_cloud()
            yield await self._tool_secret()
            yield await self._tool_secret_to_the_cloud()
            yield await self._japanese()
            yield self._verify()

    async def _chat(self, title: str, ask: Callable[[Step, str, str], Awaitable[str]]) -> Step:
        step = Step(title=title, app_sent=scenario.ENGLISH)
        values = (scenario.NAME, scenario.EMAIL, scenario.PHONE, scenario.CARD)
        await self._until_copied(
            step, values, lambda: ask(step, scenario.IN_HOUSE, scenario.ENGLISH)
        )
        return step

    async def _alias(self) -> Step:
        step = Step(
            title="3. deepseek-reasoner requested by name: served in-house",
            app_sent={"model": scenario.R1_ALIAS, "content": scenario.GREETING},
        )
        step.app_got = await self._whole(step, scenario.R1_ALIAS, scenario.GREETING)
        served_by = {row["deployment"] for row in step.audit}
        step.checks["served by the in-house deployment"] = served_by == {"in-house"}
        self._check_wire(step)
        return step

    async def _deepseek_cloud(self) -> Step:
        step = Step(
            title="4. A deployment that points to the DeepSeek cloud in disguise: refused",
            app_sent={"model": scenario.DEEPSEEK_CLOUD, "content": "Hello"},
        )
        messages = [{"role": "user", "content": "Hello"}]
        await self._refused(step, scenario.DEEPSEEK_CLOUD, messages, 403, "provider_blocked")
        return step

    async def _tool_secret(self) -> Step:
        step = Step(
            title="5a. A leaked API key in a tool result, in-house: a placeholder",
            app_sent=scenario.TOOL_DIALOGUE,
        )
        step.app_got = await self._messages(step, scenario.IN_HOUSE, scenario.TOOL_DIALOGUE)
        wire = orjson.dumps(step.model_received).decode()
        step.checks["the model received a placeholder for the key"] = "[SECRET_" in wire
        self._check_wire(step)
        return step

    async def _tool_secret_to_the_cloud(self) -> Step:
        step = Step(
            title="5b. The same for a cloud deployment: blocked",
            app_sent=scenario.TOOL_DIALOGUE,
        )
        await self._refused(
            step, scenario.OTHER_CLOUD, scenario.TOOL_DIALOGUE, 422, "content_blocked"
        )
        return step

    async def _japanese(self) -> Step:
        step = Step(
            title="6. A Japanese message with マイナンバー, 携帯番号 and a name",
            app_sent=scenario.JAPANESE,
        )
        values = (scenario.JP_NAME, scenario.MY_NUMBER, scenario.JP_MOBILE)
        await self._until_copied(
            step, values, lambda: self._whole(step, scenario.IN_HOUSE, scenario.JAPANESE)
        )
        return step

    def _verify(self) -> Step:
        command = ["audit", "verify", "--config", str(self._environment.config), "--json"]
        run = subprocess.run(  # noqa: S603  # our own command line, no user input
            [sys.executable, "-m", "gateway", *command], capture_output=True, check=False
        )
        step = Step(title="7. sekisho audit verify", app_sent=" ".join(["sekisho", *command]))
        step.app_got = orjson.loads(run.stdout) if run.stdout else run.stderr.decode()
        step.checks["the log is verified"] = run.returncode == 0
        for name, path in (("audit log", "audit.db*"), ("gateway's log", "gateway.log")):
            found = [
                value
                for file in self._environment.folder.glob(path)
                for value in leaked_values(file.read_bytes(), scenario.TEST_VALUES)
            ]
            step.checks[f"no test value in the {name}"] = not found
        return step

    async def _until_copied(
        self, step: Step, values: tuple[str, ...], ask: Callable[[], Awaitable[str]]
    ) -> None:
        """Ask; if the model does not copy the placeholders, ask again with a grammar, and add a note."""
        step.app_got = await ask()
        if not all(value in step.app_got for value in values):
            step.notes.append(_GRAMMAR_NOTE)
            self._environment.grammar.enforced = True
            step.app_got = await ask()
            self._environment.grammar.enforced = False
        for value in values:
            step.checks[f"the app got {value!r} back"] = value in step.app_got
        step.checks["no placeholder reached the app"] = "[PERSON_" not in step.app_got
        self._check_wire(step)

    async def _whole(self, step: Step, model: str, content: str) -> str:
        messages = [{"role": "user", "content": content}]
        return await self._messages(step, model, messages, stop=_STOP)

    async def _messages(
        self, step: Step, model: str, messages: list[dict[str, Any]], **options: Any
    ) -> str:
        reply = await self._client.chat.completions.with_raw_response.create(
            model=model,
            messages=messages,  # type: ignore[arg-type]
            temperature=0,
            max_tokens=160,
            **options,
        )
        self._note(step, reply.headers["x-request-id"])
        return str(reply.parse().choices[0].message.content)

    async def _streamed(self, step: Step, model: str, content: str) -> str:
        reply = await self._client.chat.completions.with_raw_response.create(
            model=model,
            messages=[{"role": "user", "content": content}],
            temperature=0,
            max_tokens=160,
            stop=_STOP,
            stream=True,
        )
        pieces = [
            chunk.choices[0].delta.content or "" async for chunk in reply.parse() if chunk.choices
        ]
        self._note(step, reply.headers["x-request-id"])
        step.checks["the reply came in several pieces"] = (
            len([piece for piece in pieces if piece]) > 3
        )
        return "".join(pieces)

    async def _refused(
        self, step: Step, model: str, messages: list[dict[str, Any]], status: int, code: str
    ) -> None:
        before = self._environment.proxy.bytes_received
        try:
            step.app_got = await self._messages(step, model, messages)
            step.checks[f"refused with {status}"] = False
        except openai.APIStatusError as error:
            step.app_got = error.response.json()
            self._note(step, error.response.headers["x-request-id"])
            step.checks[f"refused with {status} {code}"] = (error.status_code, error.code) == (
                status,
                code,
            )
            step.checks["the refusal gives reasons"] = bool(step.app_got["error"]["reasons"])
        step.model_received = None
        step.checks["zero bytes sent"] = self._environment.proxy.bytes_received == before and all(
            row["attempt"] == 0 for row in step.audit
        )

    def _note(self, step: Step, request_id: str) -> None:
        """Add what the recording proxy and the audit log hold of the request that just ended."""
        exchanges = self._environment.proxy.exchanges
        step.model_received = orjson.loads(exchanges[-1].request_body) if exchanges else None
        found = search(self._environment.store, Query(request_id=request_id))
        step.audit = [orjson.loads(orjson.dumps(record)) for record in found]

    def _check_wire(self, step: Step) -> None:
        leaked = leaked_values(self._environment.proxy.received, scenario.TEST_VALUES)
        step.checks["no test value on the wire"] = not leaked
        kinds = sorted(row["kind"] for row in step.audit)
        step.checks["the attempt and the outcome are recorded"] = kinds == ["attempt", "outcome"]
