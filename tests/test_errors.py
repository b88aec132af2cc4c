"""The tree of errors."""

import re
from collections.abc import Iterator

import pytest

from gateway import errors
from gateway.errors import ConfigError, SekishoError


def tree(kind: type[SekishoError] = SekishoError) -> Iterator[type[SekishoError]]:
    for child in kind.__subclasses__():
        yield child
        yield from tree(child)


LEAVES = [kind for kind in tree() if not kind.__subclasses__()]


@pytest.mark.parametrize("kind", LEAVES, ids=lambda kind: kind.__name__)
def test_the_drawing_says_what_the_classes_are(kind: type[SekishoError]) -> None:
    line = re.search(rf"─ {kind.__name__} +(\d+) (\w+)(.*)", errors.__doc__ or "")
    assert line is not None
    assert (int(line[1]), line[2]) == (kind.status, kind.code)
    assert ("(retryable)" in line[3]) == kind.retryable


def test_a_code_has_one_status() -> None:
    by_code: dict[str, set[int]] = {}
    for kind in LEAVES:
        by_code.setdefault(kind.code, set()).add(kind.status)
    assert {code: statuses for code, statuses in by_code.items() if len(statuses) > 1} == {}


def test_configuration_faults_are_told_one_a_line() -> None:
    assert str(ConfigError(["a: wrong", "b: missing"])) == "a: wrong\nb: missing"
