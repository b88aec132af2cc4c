"""Whose weights, from what, and which clause says what their outputs may be used for."""

import pytest

from gateway.policy.compile.build import Build
from gateway.policy.decide.lineage import clause, developers, row


@pytest.mark.parametrize(
    ("operator", "weights", "use", "source"),
    [
        ("self", "deepseek-r1", "allowed", "opensource.org/license/mit"),
        ("self", "deepseek-r1-distill-qwen-32b", "allowed", "opensource.org"),
        ("self", "deepseek-r1-distill-llama-8b", "conditional", "llama3_1/license"),
        ("self", "deepseek-r1-distill-llama-70b", "conditional", "llama3_3/license"),
        ("self", "llama-3-8b", "forbidden", "llama3/license"),
        ("openai", "openai-hosted", "conditional", "openai.com/policies/services-agreement"),
        ("anthropic", "anthropic-hosted", "forbidden", "anthropic.com/legal/aup"),
        ("google-gemini", "google-hosted", "conditional", "ai.google.dev/gemini-api/terms"),
        ("anthropic", "deepseek-r1", "forbidden", "anthropic.com/legal/aup"),
        ("azure", "openai-hosted", "unknown", "no row"),
        ("self", "mai-ds-r1", "unknown", "opensource.org"),
        ("self", "s1-32b", "unknown", "gemini-api/terms"),
        ("self", "nothing", "unknown", "no row"),
        ("nobody", "deepseek-r1", "allowed", "opensource.org"),
    ],
)
def test_the_strictest_clause_is_cited(
    shipped: Build, operator: str, weights: str, use: str, source: str
) -> None:
    found = clause(operator, weights, shipped)
    assert found.use == use
    assert source in found.source


def test_lineage_follows_the_bases(shipped: Build) -> None:
    models = shipped.data["models"]
    assert developers("r1-1776", models) == ("Perplexity", "DeepSeek")
    assert developers("deepseek-r1-distill-qwen-7b", models) == ("DeepSeek", "Alibaba")
    assert developers("nothing", models) == ()


def test_a_circle_of_bases_ends() -> None:
    models = {"a": {"developer": "A", "base": "b"}, "b": {"developer": "B", "base": "a"}}
    assert developers("a", models) == ("A", "B")


def test_the_row_for_the_record_says_all_of_it(shipped: Build) -> None:
    found = row("self", "deepseek-r1-distill-llama-8b", shipped)
    assert found["developer"] == "DeepSeek"
    assert found["base"] == "llama-3.1-8b"
    assert found["licences"] == "MIT, Llama-3.1"
    assert (found["output_use"], found["as_of"]) == ("conditional", "2026-11-24")
    assert "Built with Llama" in found["conditions"]
