"""Runs a revision's own tests on the embedded engine, as ``opa test`` would, and reports their coverage."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import orjson
import regorus

from gateway.errors import ConfigError
from gateway.policy.compile.build import Build
from gateway.policy.compile.lint import engine_message
from gateway.types import Json

_PACKAGE: Final = re.compile(r"^package (\S+)", re.MULTILINE)
# The head of a test in each of Rego's forms: `test_x if …`, `test_x := …`, `test_x {` and `test_x` alone.
_TEST: Final = re.compile(r"^(test_\w+)(?= if | := |$| \{)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The outcome of one test. ``fault`` is empty when it passed."""

    name: str
    file: str
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Lines of one module that the tests ran, and those that they did not."""

    file: str
    covered: int
    missed: tuple[int, ...]

    @property
    def percent(self) -> float:
        """Share of lines that were covered, in percent; 100 for a module without lines."""
        whole = self.covered + len(self.missed)
        return 100.0 if whole == 0 else 100.0 * self.covered / whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of every test, and the coverage of every module if it was measured."""

    outcomes: tuple[Outcome, ...]
    coverage: tuple[Coverage, ...] = ()

    @property
    def faults(self) -> list[str]:
        """The tests that did not pass, one line each."""
        return [
            f"{outcome.file}: {outcome.name}: {outcome.fault}"
            for outcome in self.outcomes
            if outcome.fault
        ]

    @property
    def percent(self) -> float:
        """Coverage of all modules together."""
        covered = sum(module.covered for module in self.coverage)
        whole = covered + sum(len(module.missed) for module in self.coverage)
        return 100.0 if whole == 0 else 100.0 * covered / whole


def run(build: Build, *, coverage: bool = False) -> Report:
    """Run every test of the build.

    The engine is made, used and freed on the calling thread: regorus allows no other.
    """
    engine = regorus.Engine()
    try:
        for name, text in {**build.modules, **build.tests}.items():
            engine.add_policy(name, text)
        engine.add_data_json(orjson.dumps(build.data).decode())
    except RuntimeError as error:
        return Report(outcomes=(Outcome(name="(loading)", file="", fault=engine_message(error)),))
    engine.set_enable_coverage(coverage)
    outcomes = tuple(_outcomes(engine, build))
    return Report(outcomes=outcomes, coverage=_coverage(engine, build) if coverage else ())


def _outcomes(engine: regorus.Engine, build: Build) -> Iterator[Outcome]:
    for file, text in build.tests.items():
        package = _PACKAGE.search(text)
        if package is None:
            continue
        for name in _TEST.findall(text):
            yield Outcome(name=name, file=file, fault=_fault(engine, f"data.{package[1]}.{name}"))


def _fault(engine: regorus.Engine, rule: str) -> str:
    try:
        value = engine.eval_rule_as_json(rule)
    except (RuntimeError, ValueError) as error:
        return engine_message(error)
    # A test that is undefined gives another value or an error, and has not passed.
    return "" if value == "true" else "failed"


def _coverage(engine: regorus.Engine, build: Build) -> tuple[Coverage, ...]:
    files: list[Json] = orjson.loads(engine.get_coverage_report_as_json())["files"]
    return tuple(
        Coverage(
            file=file["path"],
            covered=len(file["covered"]),
            missed=tuple(sorted(file["not_covered"])),
        )
        for file in sorted(files, key=lambda file: str(file["path"]))
        if file["path"] in build.modules
    )


def self_tested(read: Callable[[], Build]) -> Build:
    """A build whose own tests pass.

    Raises:
        ConfigError: it can't be read, or one of its tests fails.
    """
    build = read()
    faults = run(build).faults
    if faults:
        raise ConfigError(faults)
    return build
