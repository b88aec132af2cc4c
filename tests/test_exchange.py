"""One request while it runs: its parts, and who may put them together."""

import ast
from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

import gateway
from gateway.exchange import Exchange, FactsDocument, ReplyStats
from tests.parts.samples import attempt, call, decision, exchange

ROOT = Path(gateway.__file__).parent
WRITERS = {"pipeline.py", "respond.py", "edge/admin_api.py"}


def test_it_prints_no_user_text() -> None:
    facts = FactsDocument(canonical=b"Tanaka", purpose="")
    assert "Tanaka" not in repr(exchange(call=call("Tanaka"), facts=facts))


def test_only_the_pipelines_write_it() -> None:
    """The request pipeline, the reply pipeline, and the admin API for its own operations."""
    parts = {field.name for field in fields(Exchange)}
    writers = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _writes(node, parts)
    }
    assert writers == WRITERS


def _writes(node: ast.AST, parts: set[str]) -> bool:
    """Whether a statement assigns a part of something that is called ``exchange``."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in parts
        and ast.unparse(node.value).endswith("exchange")
    )


@pytest.mark.parametrize(
    ("part", "name"), [(attempt(), "sent"), (ReplyStats(), "restored"), (call("a"), "stream")]
)
def test_a_part_is_replaced_and_never_changed(part: object, name: str) -> None:
    with pytest.raises(FrozenInstanceError):
        setattr(part, name, 1)


def test_the_verdicts_are_those_of_every_candidate_until_one_is_tried() -> None:
    made = exchange()
    assert made.verdicts == {}
    made.decision = decision({"r1-a": True, "r1-b": False})
    assert set(made.verdicts) == {"r1-a", "r1-b"}
    made.attempt = attempt()
    assert set(made.verdicts) == {"r1-a"}


def test_the_upstreams_time_is_that_of_attempts_and_of_the_reply() -> None:
    made = exchange(reply=ReplyStats(upstream_seconds=0.5))
    assert made.upstream_seconds == 0.5
    made.attempt = attempt(upstream_seconds=0.25)
    assert made.upstream_seconds == 0.75
