"""Whatever a YAML document holds, its fault is one of YAML, with a place."""

import pytest
import yaml

from gateway.text.yaml_document import first_line, parse

MALFORMED = {
    "a template": "extra: {{ value }}",
    "a list as a key": "? [a]\n: 1",
    "a day that does not exist": "until: 2026-02-30",
    "no timestamp": "a: !!timestamp x",
    "no integer": "a: !!int x",
    "no boolean": "a: !!bool x",
    "an integer too long to convert": f"a: {'9' * 5000}",
    "an escape beyond Unicode": 'a: "\\U00110000"',
    "an escape beyond a C integer": 'a: "\\UFFFFFFFF"',
    "brackets without end": "[" * 20_000,
    "brackets nested deeper than the stack": f"a: {'[' * 3000}{']' * 3000}",
    "a list in itself": "a: &a [*a]",
    "a mapping in itself": "&a {a: *a}",
}


@pytest.mark.parametrize("text", MALFORMED.values(), ids=MALFORMED)
def test_B40_every_fault_is_one_of_yaml_with_its_place(text: str) -> None:
    with pytest.raises(yaml.MarkedYAMLError) as caught:
        parse(text)
    assert caught.value.problem_mark is not None


def test_ordinary_documents_have_the_values_of_pyyaml() -> None:
    text = 'a: &x {b: [1, 2.5, true, ~, 2026-02-28]}\nc: {<<: *x, d: "\\u3042"}\ne: [*x, *x]\nf: 0x1F\n'
    assert parse(text) == yaml.safe_load(text)
    assert parse(text.encode()) == yaml.safe_load(text)


def test_nesting_as_deep_as_documents_are() -> None:
    text = f"a: {'[' * 60}{']' * 60}"
    assert parse(text) == yaml.safe_load(text)


def test_a_message_is_one_bounded_line() -> None:
    assert first_line(ValueError("a\nb")) == "a b"
    assert len(first_line(ValueError("x" * 500))) == 200
