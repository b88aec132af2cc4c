"""The demonstration's environment starts by itself or says why not."""

from pathlib import Path

import orjson
import pytest

from gateway.demo import environment as module
from gateway.demo.environment import GatewayDidNotStart, Grammar, environment


async def test_a_gateway_that_does_not_start_is_reported_with_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLICIES", tmp_path)
    with pytest.raises(GatewayDidNotStart, match="missing"):
        async with environment(tmp_path):
            pass


BODY = orjson.dumps(
    {"messages": [{"content": "Ask [PERSON_k7f3q2ab], not [EMAIL_ADDRESS_00112233]."}]}
)


def test_nothing_is_rewritten_unless_enforced() -> None:
    assert Grammar().rewrite(BODY) == BODY


def test_an_enforced_grammar_quotes_what_was_seen_once_and_in_order() -> None:
    grammar = Grammar()
    grammar.enforced = True
    rewritten = orjson.loads(grammar.rewrite(BODY.replace(b"not", b"[PERSON_k7f3q2ab]")))
    assert rewritten["grammar"] == (
        'root ::= "I read: " "[PERSON_k7f3q2ab]" " and then I read " "[EMAIL_ADDRESS_00112233]" "."'
    )


def test_a_request_without_placeholders_is_left_alone() -> None:
    grammar = Grammar()
    grammar.enforced = True
    assert grammar.rewrite(b'{"messages": []}') == b'{"messages": []}'
