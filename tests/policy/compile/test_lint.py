"""Rules that would be silently without effect, or that engines might disagree on, are refused."""

import pytest

from gateway.policy.compile.build import Build
from gateway.policy.compile.lint import call_faults, rule_faults

RULE = "package rules.{0}\n\ndeny contains 1 if input.x\n"
METADATA = {"id": "a"}


def test_the_shipped_rules_are_sound(shipped: Build) -> None:
    assert call_faults(shipped.modules) == []
    assert rule_faults(shipped.modules, shipped.data["rule_metadata"]) == []


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("http.send({})", "http.send"),
        ("input.never\n\tno.such.builtin(1)", "no.such.builtin"),
        ("count(opa.runtime()) > 0", "opa.runtime"),
        ("not time.now_ns() > 1", "time.now_ns"),
        ('data.other["f"](1)', "?"),
        ("elsewhere.f(1)", "data.other.f"),
        ("mine(1)\n\ttheirs(1)", "theirs"),
    ],
)
def test_a_call_that_nothing_defines_is_found_before_it_runs(body: str, call: str) -> None:
    text = (
        "package rules.a\n\nimport data.other as elsewhere\n\n"
        f"mine(x) := x\n\ndeny contains 1 if {{\n\t{body}\n}}\n"
    )
    assert call_faults({"rules/a/a.rego": text}) == [
        f"rules/a/a.rego: calls {call}, which is not one of the builtins rules may use"
    ]


def test_functions_of_other_packages_may_be_called() -> None:
    modules = {
        "main/lib.rego": "package lib\n\nf(x) := x + 1\n\ndefault g(_) := false\n",
        "rules/a/a.rego": "package rules.a\n\nimport data.lib\n\ndeny contains 1 if {\n\tlib.f(1)\n\tdata.lib.g(1)\n}\n",
        "rules/b/b.rego": "package rules.b\n\nimport data.lib as l\n\ndeny contains 1 if l.f(1)\n",
    }
    assert call_faults(modules) == []


def test_what_does_not_parse_is_named_without_the_engines_trace() -> None:
    (fault,) = call_faults({"x.rego": "package x\n\ny := (\n"})
    assert fault.startswith("x.rego: ")
    assert "backtrace" not in fault.lower()


def rules(**texts: str) -> dict[str, str]:
    return {f"rules/{n}/{n}.rego": t for n, t in texts.items()}


@pytest.mark.parametrize(
    ("modules", "metadata", "fault"),
    [
        (
            rules(a=RULE.format("other")),
            {"a": METADATA},
            "rules/a/a.rego: expected package rules.a, found rules.other",
        ),
        (
            rules(a="package rules.a\n\ndeni contains 1 if input.x\n"),
            {"a": METADATA},
            "rules/a/a.rego: expected a set named deny (deny contains candidate.deployment if …)",
        ),
        (
            rules(a="package rules.a\n\ndeny if input.x\n"),
            {"a": METADATA},
            "rules/a/a.rego: expected a set named deny (deny contains candidate.deployment if …)",
        ),
        (
            rules(a=RULE.format("a"), b=RULE.format("b")),
            {"a": METADATA, "b": METADATA},
            "rules/b: the reason id 'a' is already that of a",
        ),
    ],
    ids=["package", "misspelt", "not a set", "shared id"],
)
def test_a_rule_without_effect_is_a_fault(
    modules: dict[str, str], metadata: dict[str, dict[str, str]], fault: str
) -> None:
    assert rule_faults(modules, metadata) == [fault]
