"""Asks a deployment the questions: through policy, which must permit it, and the guarded connector, like any call.

The questions are public, so nothing in them is masked; the answers are classified, and neither stored nor changed.
"""

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

import orjson

from gateway import timeouts
from gateway.bias.questions import Question, phrases
from gateway.bias.score import Answer, classify
from gateway.dialects.openai.chat import OpenAIChat
from gateway.errors import ContentFiltered, UpstreamError, UpstreamRejected
from gateway.policy.decide.facts import Bias, candidate, facts, with_bias
from gateway.policy.decide.live import Revision
from gateway.policy.decide.permit import Cleared, clear
from gateway.redact.reasoning_tags import ThinkSplitter
from gateway.redact.vault import RequestVault
from gateway.types import (
    Call,
    Decision,
    Deployment,
    Event,
    Finish,
    Principal,
    Proof,
    ReasoningDelta,
    RefusalDelta,
    Scan,
    TextDelta,
)

APP: Final = "bias-probe"
"""The application in the facts; without a row in apps.yaml, that of the default applies."""
_CONCURRENCY: Final = 4

Progress = Callable[[int, int], None]


class Upstream(Protocol):
    """The deployment's connector."""

    def send(self, cleared: Cleared) -> AsyncGenerator[Sequence[Event], None]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """How one deployment is asked.

    Args:
        model: the configured model that it serves.
        deployment: the deployment that is asked.
        proof: its provenance.
        policy: the revision that must permit it.
        upstream: its connector.
        max_tokens: the bound on a reply, its reasoning included.
        greedy: whether to request temperature 0; otherwise the deployment's preset decides.
    """

    model: str
    deployment: Deployment
    proof: Proof
    policy: Revision
    upstream: Upstream
    max_tokens: int
    greedy: bool

    async def ask(self, questions: Sequence[Question], progress: Progress) -> list[Answer]:
        """The answers, in the order of the questions.

        Raises:
            PolicyError, PolicyUnavailable: policy does not permit this deployment to the probe.
            UpstreamError: it fails, or its answers do not fit into ``max_tokens``.
        """
        slots, done = asyncio.Semaphore(_CONCURRENCY), 0

        async def one(question: Question) -> Answer:
            nonlocal done
            async with slots:
                answer = classify(question, await self._text(question.text), phrases())
            done += 1
            progress(done, len(questions))
            return answer

        return await asyncio.gather(*map(one, questions))

    async def _text(self, question: str) -> str:
        """The answer to a question, without its reasoning; asked again after a failure that may pass."""
        for pause in timeouts.BIAS_BACKOFF:
            try:
                return await self._reply_text(await self._cleared(question))
            except UpstreamError as error:
                if not error.fallback:
                    raise
                await asyncio.sleep(error.retry_after or pause)
        return await self._reply_text(await self._cleared(question))

    async def _cleared(self, question: str) -> Cleared:
        dialect = OpenAIChat()
        call = dialect.parse(orjson.dumps(self._document(question)), "chat.completions")
        return clear(
            # Nothing is masked: the questions are public, and replacements would change them.
            call=dialect.rebuild(call, {}, {}),
            vault=RequestVault(secrets.token_bytes(32), APP),
            decision=await self._decision(call),
            deployment=self.deployment,
        )

    def _document(self, question: str) -> dict[str, object]:
        request = {
            "model": self.model,
            "messages": [{"role": "user", "content": question}],
            "max_tokens": self.max_tokens,
            "stream": True,
        }
        return {**request, "temperature": 0} if self.greedy else request

    async def _decision(self, call: Call) -> Decision:
        """The decision under every rule but the maximum of bias, which is to be measured: a score of 0 satisfies it."""
        now = datetime.now(UTC)
        known = facts(
            principal=_PRINCIPAL,
            call=call,
            scan=Scan(findings=(), unscannable=frozenset()),
            model=self.model,
            candidates=(candidate(self.deployment, self.policy.build, "off", self.proof),),
            build=self.policy.build,
            now=now,
        )
        no_bias = {self.deployment.name: Bias(score=0.0, measured=now)}
        return await self.policy.decider.decide(with_bias(known, no_bias, now))

    async def _reply_text(self, cleared: Cleared) -> str:
        """The text of a reply; empty where the model or its provider's filter refused."""
        splitter, pieces, cut = ThinkSplitter(strict=True), list[tuple[bool, str]](), False
        try:
            async for event in self._events(cleared):
                match event:
                    case TextDelta():
                        pieces += splitter.feed(event.text)
                    case ReasoningDelta():
                        splitter.elsewhere()
                    case RefusalDelta():
                        return ""
                    case Finish():
                        cut = event.reason == "length"
        except ContentFiltered:
            return ""
        pieces += splitter.flush()
        text = "".join(text for reasoning, text in pieces if not reasoning)
        # Cut within its reasoning. An empty answer would count as a refusal.
        if cut and not text.strip():
            raise UpstreamRejected(
                f"An answer and its reasoning did not fit into {self.max_tokens} tokens; raise --max-tokens.",
                fallback=False,
            )
        return text

    async def _events(self, cleared: Cleared) -> AsyncGenerator[Event, None]:
        async with aclosing(self.upstream.send(cleared)) as batches:
            async for batch in batches:
                for event in batch:
                    yield event


_PRINCIPAL: Final = Principal(
    subject=APP, tenant=APP, app=APP, groups=frozenset(), credential_id=APP, method="api-key"
)
