"""The harvest guard: counts the different prompts that a credential sends to a model.

Training a model on another's output takes many different prompts. They are counted in a HyperLogLog, which stores none
of them; the policy decides on whether there are too many.
"""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Final

import orjson

from gateway.settings.quotas import Harvest
from gateway.state.base import DistinctEntry
from gateway.types import Call, HarvestState, Principal

_DIGEST_BYTES: Final = 16


class HarvestGuard:
    """The limits of the models that have one.

    Args:
        limits: by the configured name of the model.
        key: of a tenant, for digests of its prompts.
    """

    def __init__(self, limits: Mapping[str, Harvest], key: Callable[[str], bytes]) -> None:
        self._limits = limits
        self._key = key

    def distinct_entry(self, principal: Principal, call: Call, model: str) -> DistinctEntry | None:
        """The prompt as the store counts it; ``None`` for a model without a limit."""
        limit = self._limits.get(model)
        if limit is None:
            return None
        return DistinctEntry(
            name=f"harvest:{model}:{principal.credential_id}",
            member=_digest(call, self._key(principal.tenant)),
            limit=limit.prompts,
            seconds=limit.window_seconds,
        )

    def statuses(self, model: str, over: bool | None) -> dict[str, HarvestState]:
        """The state of every model that has a limit, for a request that was counted for ``model`` only."""
        statuses: dict[str, HarvestState] = dict.fromkeys(self._limits, "unknown")
        if over is not None:
            statuses[model] = "over" if over else "below"
        return statuses


def _digest(call: Call, key: bytes) -> bytes:
    """Equal for equal texts, whatever the sampling parameters; content that is not text is compared byte by byte."""
    digest = blake2b(key=key, digest_size=_DIGEST_BYTES)
    for segment in call.segments:
        text = segment.text.encode("utf-8", "surrogatepass")
        # The length first, so that ["ab", "c"] and ["a", "bc"] differ.
        digest.update(len(text).to_bytes(8, "big") + text)
    if call.modalities - {"text"}:
        digest.update(orjson.dumps(call.document, option=orjson.OPT_SORT_KEYS))
    return digest.digest()
