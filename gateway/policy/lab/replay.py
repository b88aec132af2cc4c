"""Decides recorded requests again under other policies: which callers a change would have affected.

Each request is decided twice, under the policies to compare with and under the candidate, from its recorded
facts. What came from the request and the configuration is kept; what came from policy data on hosts, weights
and exceptions is resolved again with each. Requests whose decisions can't differ are decided once.
"""

import asyncio
import multiprocessing
import os
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol, TypeAlias

import orjson

from gateway.errors import PolicyUnavailable
from gateway.policy.compile.build import Build
from gateway.policy.compile.bundle import pack, unpack
from gateway.policy.decide.decider import Decider
from gateway.policy.decide.embedded import EmbeddedEngine
from gateway.policy.decide.facts import moment, resolved_again
from gateway.policy.decide.facts import read as facts
from gateway.policy.decide.input_usage import input_usage
from gateway.policy.lab.trial import change, ids
from gateway.types import Decision

_CHUNK: Final = 500
"""Decisions that a process makes at a time: enough for them to take far longer than loading two builds."""
_EXAMPLES: Final = 5
UNREADABLE: Final = "unreadable"
"""The change of requests that can't be decided: their facts are of a version that recorded less."""

Progress: TypeAlias = Callable[[int, int], None]
_Question: TypeAlias = tuple[bytes, str]


class RecordedRequest(Protocol):
    """A request in the audit log."""

    @property
    def request_id(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def facts_hash(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One request that would have been decided differently, with the ids of the reasons that refuse it."""

    request_id: str
    time: str
    app: str
    model: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayReport:
    """The result. Counts are of requests; ``same`` and ``unreadable`` are among the changes."""

    before: str
    after: str
    requests: int
    distinct: int
    changes: Mapping[str, int]
    by_app: Mapping[str, Mapping[str, int]]
    by_model: Mapping[str, Mapping[str, int]]
    by_rule: Mapping[str, Mapping[str, int]]
    """By the id of a reason that refuses under one of the two only."""
    examples: Mapping[str, Sequence[Example]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    change: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    """Ids of the reasons that only one of the two decisions has."""


@dataclass(slots=True, kw_only=True)
class _Group:
    """Requests that share one decision."""

    document: bytes
    time: str
    count: int = 0
    examples: list[RecordedRequest] = field(default_factory=list)


def replay(
    requests: Iterable[RecordedRequest],
    documents: Mapping[str, bytes],
    before: Build,
    after: Build,
    progress: Progress | None = None,
) -> ReplayReport:
    """Decide recorded requests under two builds.

    Args:
        requests: the requests.
        documents: facts by their hash.
        before: the policies to compare with.
        after: the candidate.
        progress: called with the number of distinct decisions that are done, and of all.
    """
    groups = list(_grouped(requests, documents, before, after).values())
    questions = [(group.document, group.time) for group in groups]
    answers = []
    for answer in _answers(questions, before, after):
        answers.append(answer)
        if progress is not None:
            progress(len(answers), len(groups))
    return _tally(groups, answers, before, after)


def _grouped(
    requests: Iterable[RecordedRequest], documents: Mapping[str, bytes], *builds: Build
) -> dict[Hashable, _Group]:
    """Requests by the values that both decisions depend on."""
    grouping = _GroupingKey(builds)
    groups: dict[Hashable, _Group] = {}
    for request in requests:
        document = documents[request.facts_hash]
        key = grouping.of(request, document)
        group = groups.setdefault(key, _Group(document=document, time=request.time.isoformat()))
        group.count += 1
        if len(group.examples) < _EXAMPLES:
            group.examples.append(request)
    return groups


class _GroupingKey:
    """Computes the key of a request's group; resolves each facts document once for each moment."""

    def __init__(self, builds: Sequence[Build]) -> None:
        self._builds = [(build, input_usage(build)) for build in builds]
        self._apps: dict[str, str] = {}
        self._known: dict[Hashable, Hashable] = {}

    def of(self, request: RecordedRequest, document: bytes) -> Hashable:
        """A key that requests share whose decisions can't differ."""
        app = self._apps.get(request.facts_hash)
        if app is None:
            app = self._apps[request.facts_hash] = str(orjson.loads(document).get("app", ""))
        # Of the time, a decision depends only on the hour of the week and the exceptions in force.
        moments = tuple(moment(app, request.time, build) for build, _ in self._builds)
        key = (request.facts_hash, moments)
        if key not in self._known:
            # Facts that can't be read have no cache key, and are grouped by their own hash.
            self._known[key] = self._cache_keys(document, request.time) or key
        return self._known[key]

    def _cache_keys(self, document: bytes, time: datetime) -> Hashable:
        known = orjson.loads(document)
        try:
            return tuple(
                usage.cache_key(facts(resolved_again(known, build, time)))
                for build, usage in self._builds
            )
        except (KeyError, TypeError):
            return ()


def _answers(questions: Sequence[_Question], before: Build, after: Build) -> Iterator[_Answer]:
    chunks = [questions[i : i + _CHUNK] for i in range(0, len(questions), _CHUNK)]
    # As bytes, which can be passed to another process; an engine can't.
    bundles = (pack(before), pack(after))
    if len(chunks) < 2:
        for chunk in chunks:
            yield from _decide(bundles, chunk)
        return
    # Spawned, not forked: an engine must not be used in a process that inherits it.
    context = multiprocessing.get_context("spawn")
    workers = min(len(chunks), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        for answered in pool.map(_decide, [bundles] * len(chunks), chunks):
            yield from answered


def _decide(bundles: tuple[bytes, bytes], questions: Sequence[_Question]) -> list[_Answer]:
    """Decide a chunk, in the current process."""
    builds = [unpack(bundle, "candidate") for bundle in bundles]
    return asyncio.run(_ask(builds, questions))


async def _ask(builds: Sequence[Build], questions: Sequence[_Question]) -> list[_Answer]:
    engines = [EmbeddedEngine(build) for build in builds]
    deciders = [Decider(build, engine) for build, engine in zip(builds, engines, strict=True)]
    answers = [await _answer(builds, deciders, *question) for question in questions]
    for engine in engines:
        await engine.close()
    return answers


async def _answer(
    builds: Sequence[Build], deciders: Sequence[Decider], document: bytes, time: str
) -> _Answer:
    try:
        known = orjson.loads(document)
        now = datetime.fromisoformat(time)
        first, second = [
            await decider.decide(facts(resolved_again(known, build, now)))
            for build, decider in zip(builds, deciders, strict=True)
        ]
    except (KeyError, TypeError, ValueError, PolicyUnavailable):
        return _Answer(change=UNREADABLE)
    return _Answer(
        change=change(first, second),
        before=_refused(first),
        after=_refused(second),
        rules=frozenset(ids(first.reasons)) ^ frozenset(ids(second.reasons)),
    )


def _refused(decision: Decision) -> tuple[str, ...]:
    return () if decision.allow else ids(decision.reasons)


def _tally(
    groups: Sequence[_Group], answers: Sequence[_Answer], before: Build, after: Build
) -> ReplayReport:
    changes: Counter[str] = Counter()
    tables: dict[str, dict[str, Counter[str]]] = {"app": {}, "model": {}, "rule": {}}
    examples: dict[str, list[Example]] = {}
    for group, answer in zip(groups, answers, strict=True):
        changes[answer.change] += group.count
        if answer.change == "same":
            continue
        known = orjson.loads(group.document)
        rows = [("app", known.get("app", "")), ("model", known.get("model", ""))]
        rows += [("rule", reason) for reason in sorted(answer.rules)]
        for table, name in rows:
            tables[table].setdefault(name, Counter())[answer.change] += group.count
        kept = examples.setdefault(answer.change, [])
        kept += _examples(group, answer, known)[: _EXAMPLES - len(kept)]
    return ReplayReport(
        before=before.revision,
        after=after.revision,
        requests=sum(group.count for group in groups),
        distinct=len(groups),
        changes=dict(changes),
        by_app=_plain(tables["app"]),
        by_model=_plain(tables["model"]),
        by_rule=_plain(tables["rule"]),
        examples=examples,
    )


def _examples(group: _Group, answer: _Answer, known: Mapping[str, object]) -> list[Example]:
    return [
        Example(
            request_id=request.request_id,
            time=request.time.isoformat(),
            app=str(known.get("app", "")),
            model=str(known.get("model", "")),
            before=answer.before,
            after=answer.after,
        )
        for request in group.examples
    ]


def _plain(table: Mapping[str, Counter[str]]) -> dict[str, dict[str, int]]:
    return {name: dict(counts) for name, counts in sorted(table.items())}
