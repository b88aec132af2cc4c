"""The harvest guard: how many different prompts a credential has sent to a model whose reasoning is worth taking.

Who wants to train a model on another's reasoning asks it a thousand different things. They are counted in a
HyperLogLog, which keeps none of them; policy is told whether they are too many.
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
        """What the store is to count of this request; ``None`` for a model without a limit."""
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
        """How each guarded model stands for a request that was counted for ``model`` alone."""
        statuses: dict[str, HarvestState] = dict.fromkeys(self._limits, "unknown")
        if over is not None:
            statuses[model] = "over" if over else "below"
        return statuses


def _digest(call: Call, key: bytes) -> bytes:
    """The same for the same texts, however the reply is sampled; what is not text is compared byte for byte."""
    digest = blake2b(key=key, digest_size=_DIGEST_BYTES)
    for segment in call.segments:
        text = segment.text.encode("utf-8", "surrogatepass")
        digest.update(len(text).to_bytes(8, "big") + text)
    if call.modalities - {"text"}:
        digest.update(orjson.dumps(call.document, option=orjson.OPT_SORT_KEYS))
    return digest.digest()
