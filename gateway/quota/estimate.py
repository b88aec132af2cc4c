"""Upper bounds on the tokens of a request, before anything is sent."""

from dataclasses import replace

from gateway.quota.bookings import Tokens
from gateway.text.fold import utf8_length
from gateway.types import Call, MaskedCall

_FOR_TEMPLATE = 64
_FOR_SEGMENT = 8
_FOR_KIND = 4096
_BOUNDS = ("max_completion_tokens", "max_tokens")


def estimate(call: Call, default_output_tokens: int) -> Tokens:
    """An upper bound: a token is at least one byte, and a model's template adds a few for each part.

    Each kind of content that is not text (images, audio) counts as 4096 tokens: no tokenizer is available.
    ``default_output_tokens`` bounds the reply when the caller does not; each requested choice may be as long.
    """
    text = sum(utf8_length(segment.text) + _FOR_SEGMENT for segment in call.segments)
    other = _FOR_KIND * len(call.modalities - {"text"})
    output = bound(call, default_output_tokens) * choices(call)
    return Tokens(input=_FOR_TEMPLATE + text + other, output=output)


def bound(call: Call, default_output_tokens: int) -> int:
    """Tokens of one choice: the caller's own bound, or ``default_output_tokens``."""
    return default_output_tokens if call.max_output_tokens is None else call.max_output_tokens


def capped(call: MaskedCall, output_tokens: int | None) -> MaskedCall:
    """The call, its reply limited to what was reserved for one choice. Embeddings have no such limit."""
    if output_tokens is None or call.form == "embeddings":
        return call
    # The name that the caller used: OpenAI's newer models refuse
    # `max_tokens`, older servers the other.
    named = [name for name in _BOUNDS if call.neutral.get(name) is not None] or ["max_tokens"]
    bounds = {name: min(call.neutral.get(name) or output_tokens, output_tokens) for name in named}
    return replace(call, neutral={**call.neutral, **bounds})


def choices(call: Call) -> int:
    """The number of replies that the caller requests."""
    # With best_of, the server generates more replies than it returns.
    counts = [call.document.get(name) for name in ("n", "best_of")]
    return max([1, *(number for number in counts if isinstance(number, int))])
