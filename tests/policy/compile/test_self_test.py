"""A revision's own tests, run where it will decide."""

from gateway.policy.compile.build import Build, revision
from gateway.policy.compile.self_test import run

RULE = "package a\n\nx := 1 if input.y\n\nz := 2\n"


def built(test: str, rule: str = RULE) -> Build:
    return revision({"a.rego": rule}, {}, {"a_test.rego": f"package a_test\n\n{test}\n"})


def test_what_holds_and_what_does_not() -> None:
    tests = (
        "test_holds if data.a.z == 2\n\n"
        "test_fails if data.a.z == 3\n\n"
        "test_undefined if data.a.nothing\n\n"
        "test_block if {\n\tdata.a.z == 2\n}"
    )
    report = run(built(tests))
    assert {outcome.name: bool(outcome.fault) for outcome in report.outcomes} == {
        "test_holds": False,
        "test_fails": True,
        "test_undefined": True,
        "test_block": False,
    }
    assert report.faults[0] == "a_test.rego: test_fails: failed"


def test_lines_that_no_test_runs_are_told() -> None:
    report = run(built("test_z if data.a.z == 2"), coverage=True)
    (module,) = report.coverage
    assert module.missed == (3,)
    assert report.percent < 100
    covered = run(
        built('test_x if data.a.x == 1 with input as {"y": true}\n\ntest_z if data.a.z == 2'),
        coverage=True,
    )
    assert covered.percent == 100


def test_what_cannot_be_loaded_is_one_fault() -> None:
    (fault,) = run(built("test_x if (")).faults
    assert "(loading)" in fault
    assert "backtrace" not in fault.lower()


def test_a_revision_without_tests_has_nothing_against_it(shipped: Build) -> None:
    report = run(revision(shipped.modules, {}))
    assert report.outcomes == ()
    assert report.percent == 100
