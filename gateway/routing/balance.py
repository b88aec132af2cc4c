"""The choice between deployments of one priority: shares by weight, and of two candidates the less loaded one.

The first candidate is the one that is furthest behind its share (smooth weighted round robin, as nginx does it), the
second is drawn at random. The second gets the request only if it stays less loaded with it: so shares are as configured
while all are equally fast, and a slow one gets less (M. Mitzenmacher, "The Power of Two Choices in Randomized
Load Balancing", IEEE TPDS 12(10), 2001).
"""

import random
from collections.abc import Sequence

from gateway.routing.health import Health
from gateway.settings.deployments import DeploymentSettings

_MAX_DEFICIT = 10.0
"""Turns that a deployment may be behind: the requests that it missed while it was slow must not follow in one burst."""
_PREFERRED_MAX_LOAD = 1.25
"""The load, relative to the mean, up to which the preferred deployment is chosen (V. Mirrokni et al., "Consistent Hashing with Bounded Loads",
SODA 2018)."""


class Slot:
    """A deployment with its load.

    Args:
        name: the deployment's name.
        settings: its rank, context, weight and bound on concurrency.
        health: whether it may be tried.
    """

    def __init__(self, name: str, settings: DeploymentSettings, health: Health) -> None:
        self.name = name
        self.rank = settings.rank
        self.context = settings.context
        self.health = health
        self.outstanding = 0
        self.deficit = 0.0
        self._weight = settings.weight
        self._concurrency = settings.concurrency

    @property
    def full(self) -> bool:
        """Whether it has as many requests in flight as it may."""
        return self._concurrency is not None and self.outstanding >= self._concurrency

    def weight(self) -> float:
        """Its weight at this moment."""
        return self._weight * self.health.share()


class Balance:
    """Chooses a slot; its only state is in the slots.

    Args:
        draw: the source of the random second candidate.
    """

    def __init__(self, draw: random.Random | None = None) -> None:
        # Not for security: whoever predicts the choice of a replica gains nothing.
        self._draw = draw or random.Random()  # noqa: S311

    def choose(self, slots: Sequence[Slot], preferred: str | None = None) -> Slot:
        """The slot that gets the next request.

        Args:
            slots: at least one, all of which may be tried.
            preferred: the deployment that holds the conversation's prefix: chosen unless its load is beyond the bound.
        """
        weights = {slot.name: slot.weight() for slot in slots}
        total = sum(weights.values())
        # Smooth weighted round robin: every slot earns its weight, and the chosen one pays the total.
        for slot in slots:
            slot.deficit = min(slot.deficit + weights[slot.name], _MAX_DEFICIT * total)
        chosen = _preferred(slots, weights, preferred) or self._of_two(slots, weights)
        # Bounded below too: after many turns as the preferred one, a slot would otherwise starve.
        chosen.deficit = max(chosen.deficit - total, -_MAX_DEFICIT * total)
        return chosen

    def _of_two(self, slots: Sequence[Slot], weights: dict[str, float]) -> Slot:
        first = max(slots, key=lambda slot: slot.deficit)
        others = [slot for slot in slots if slot is not first]
        if not others:
            return first
        # By weight: a small deployment is drawn no more often than its share.
        (second,) = self._draw.choices(others, [weights[slot.name] for slot in others])
        lighter = (second.outstanding + 1) / weights[second.name]
        return second if first.outstanding / weights[first.name] > lighter else first


def _preferred(
    slots: Sequence[Slot], weights: dict[str, float], preferred: str | None
) -> Slot | None:
    for slot in slots:
        if slot.name == preferred:
            load = sum(other.outstanding for other in slots) / sum(weights.values())
            # + 1: the bound of deployments without load would be 0.
            bound = _PREFERRED_MAX_LOAD * load * weights[slot.name] + 1
            return slot if slot.outstanding <= bound else None
    return None
