"""Which deployments a call may fit into, by their configured context window."""

from collections.abc import Sequence
from typing import Final

from gateway.errors import ContextExceeded
from gateway.routing.balance import Slot
from gateway.text.fold import utf8_length
from gateway.types import Call

_LONGEST_TOKEN: Final = 16
"""Bytes of text per token, at most: a lower bound on tokens must not refuse a call that fits. Real text has four to five
bytes to a token in English, three to six in Japanese or Chinese (https://huggingface.co/deepseek-ai/DeepSeek-R1, ``tokenizer.json``)."""


def least_tokens(call: Call) -> int:
    """A lower bound on the tokens of a call: the requested reply, and the fewest that any tokenizer makes of the text."""
    text = sum(utf8_length(segment.text) for segment in call.segments)
    return (call.max_output_tokens or 0) + text // _LONGEST_TOKEN


def fitting(call: Call, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots that the call may fit into; one without a configured context takes any.

    Raises:
        ContextExceeded: it can't fit into any of them.
    """
    needed = least_tokens(call)
    found = tuple(slot for slot in slots if slot.context is None or slot.context >= needed)
    if slots and not found:
        longest = max(slot.context or 0 for slot in slots)
        raise ContextExceeded(
            f"The request and the requested reply need at least {needed} tokens; a permitted deployment of this"
            f" model takes {longest} at most. Shorten it, or ask for fewer tokens."
        )
    return found


def larger(than: Slot, slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots with more context than one whose context was too small."""
    known = than.context
    return tuple(
        s for s in slots if known is not None and s.context is not None and s.context > known
    )
