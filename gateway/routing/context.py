"""Which deployments a call can fit into, by the context that the configuration says they have."""

from collections.abc import Sequence
from typing import Final

from gateway.errors import ContextExceeded
from gateway.routing.balance import Slot
from gateway.text.fold import utf8_length
from gateway.types import Call

_LONGEST_TOKEN: Final = 16
"""Bytes of a request for which one token is counted. Tokenizers make more of real text: four to five bytes of English to a
token, three to six of Japanese or Chinese (https://huggingface.co/deepseek-ai/DeepSeek-R1, ``tokenizer.json``)."""


def least_tokens(call: Call) -> int:
    """Tokens that a call needs at least: the reply that it asks for, and what no tokenizer could make less of."""
    text = sum(utf8_length(segment.text) for segment in call.segments)
    return (call.max_output_tokens or 0) + text // _LONGEST_TOKEN


def fitting(call: Call, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Those that the call may fit into; one whose context is not configured may take anything.

    Raises:
        ContextExceeded: it fits into none of them.
    """
    needed = least_tokens(call)
    found = tuple(slot for slot in slots if slot.context is None or slot.context >= needed)
    if slots and not found:
        longest = max(slot.context or 0 for slot in slots)
        raise ContextExceeded(
            f"The request and the reply that it asks for need at least {needed} tokens; a permitted deployment of this"
            f" model takes {longest} at most. Shorten it, or ask for fewer tokens."
        )
    return found


def larger(than: Slot, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """Those with more context than one that turned out to have too little."""
    known = than.context
    return tuple(
        s for s in slots if known is not None and s.context is not None and s.context > known
    )
