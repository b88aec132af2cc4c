"""``make prove`` runs every test: what its first part leaves out is a part of its own."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def _words(variable: str) -> list[str]:
    match = re.search(rf"^{variable} \??:?= (.+)$", MAKEFILE, re.MULTILINE)
    assert match is not None
    return match[1].split()


def _recipe(part: str) -> str:
    match = re.search(rf"^prove-{part}: .*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    assert match is not None, part
    return match[1]


def test_every_part_has_its_rule_and_is_documented() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for part in _words("PROVE_PARTS"):
        assert _recipe(part)
        assert f"| `{part}` |" in page


def test_what_a_part_leaves_out_is_run_by_another() -> None:
    recipes = "".join(map(_recipe, _words("PROVE_PARTS")))
    run = set(re.findall(r"(?<!=)\btests/[\w/.]+", recipes))
    left_out = {f"tests/{name}" for name in _words("PROVE_APART")}
    left_out |= set(re.findall(r"--ignore=(tests/[\w/.]+)", recipes))
    assert left_out
    assert left_out <= run
    assert all((ROOT / name).exists() for name in left_out)


def test_every_target_of_fuzzing_is_run() -> None:
    targets = {path.stem for path in (ROOT / "tests/fuzz").glob("*.py")}
    assert targets - {"__init__", "inputs", "seeds"} == set(_words("FUZZ"))
