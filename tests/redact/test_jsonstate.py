"""Following the quotes of JSON text."""

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.redact.jsonstate import JsonState


@given(st.lists(st.text()), st.integers(1, 7))
def test_the_state_is_known_at_every_split(values: list[str], size: int) -> None:
    raw = json.dumps(values)
    state = JsonState()
    for start in range(0, len(raw), size):
        state.advance(raw[start : start + size])
        consumed = raw[: start + size]
        assert state.inside == _inside(consumed)
    assert not state.inside


def _inside(consumed: str) -> bool:
    """An independent answer: what is left after taking out whole strings has an opening quote."""
    decoder = json.JSONDecoder()
    position = 0
    while (quote := consumed.find('"', position)) >= 0:
        try:
            _, position = decoder.raw_decode(consumed, quote)
        except json.JSONDecodeError:
            return True
    return False
