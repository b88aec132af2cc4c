"""A queue that serves its callers in turns: none waits for more than one turn of each other, however much they queue.

Deficit round robin (M. Shreedhar and G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", SIGCOMM 1995),
in the variant that charges a flow after it was served and lets it overdraw once (surplus round robin: H. Adiseshu,
G. Parulkar and G. Varghese, SIGCOMM 1996). So the true cost can be charged when it is known, as Kubernetes' API
Priority and Fairness does. Flows are nested: tenants take turns, within a tenant its apps, within an app its requests.
Each item costs constant time per level.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

Item = TypeVar("Item")
Path: TypeAlias = tuple[Hashable, ...]
"""The flow of an item, from the outermost level to the innermost."""


@dataclass(slots=True)
class _Flow(Generic[Item]):
    """Items in the order of arrival, and inner flows in the order of their turns."""

    deficit: float = 0.0
    """What it may still use in this turn; negative when it was served for more than that."""
    items: deque[tuple[float, Item]] = field(default_factory=deque)
    inner: "OrderedDict[Hashable, _Flow[Item]]" = field(default_factory=OrderedDict)


class RoundRobin(Generic[Item]):
    """The items of nested flows, in the order in which they are served.

    Args:
        quantum: what a flow may use in one turn, in the unit of the items' costs; at least the cost of most items.
    """

    def __init__(self, quantum: float) -> None:
        self._quantum = quantum
        self._root: _Flow[Item] = _Flow()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, path: Path, cost: float, item: Item) -> None:
        """Add an item to a flow. A flow that had nothing gets its first turn after all others."""
        flow = self._root
        for key in path:
            flow = flow.inner.setdefault(key, _Flow(deficit=self._quantum))
        flow.items.append((cost, item))
        self._count += 1

    def take(self) -> Item:
        """Remove the next item.

        Raises:
            IndexError: there is none.
        """
        _, item = self._take(self._root)
        self._count -= 1
        return item

    def charge(self, path: Path, cost: float) -> None:
        """Charge a flow, and those that it is in, for more (or less) than its items were estimated to cost.

        What has nothing in the queue is not charged: it did not keep another from its turn.
        """
        flow = self._root
        for key in path:
            if key not in flow.inner:
                return
            flow = flow.inner[key]
            flow.deficit -= cost

    def remove(self, path: Path) -> None:
        """Remove a flow with all its items, and the flows that have nothing without it."""
        flows = [self._root]
        for key in path:
            if key not in flows[-1].inner:
                return
            flows.append(flows[-1].inner[key])
        self._count -= _items(flows[-1])
        for outer, key in zip(reversed(flows[:-1]), reversed(path), strict=True):
            del outer.inner[key]
            if outer.inner or outer.items:
                return

    def _take(self, flow: _Flow[Item]) -> tuple[float, Item]:
        if flow.items:
            return flow.items.popleft()
        key, chosen = self._turn(flow)
        cost, item = self._take(chosen)
        chosen.deficit -= cost
        if not chosen.items and not chosen.inner:
            del flow.inner[key]  # its deficit ends with it: an idle flow saves up nothing
        return cost, item

    def _turn(self, flow: _Flow[Item]) -> tuple[Hashable, _Flow[Item]]:
        """The inner flow whose turn it is; those that used up their turn go to the end, with a new one."""
        while flow.inner:
            key, first = next(iter(flow.inner.items()))
            if first.deficit > 0:
                return key, first
            first.deficit += self._quantum
            flow.inner.move_to_end(key)
        raise IndexError("the queue is empty")


class FairQueue(asyncio.Queue[tuple[Path, float, Item]]):
    """An ``asyncio.Queue`` without a limit, in the order of ``RoundRobin``.

    What is put is a flow, a cost and an item; what is got has the same form.

    Args:
        quantum: as for ``RoundRobin``.
    """

    _queue: RoundRobin[tuple[Path, float, Item]]

    def __init__(self, quantum: float) -> None:
        self._quantum = quantum
        super().__init__()

    def charge(self, path: Path, cost: float) -> None:
        """As ``RoundRobin.charge``."""
        self._queue.charge(path, cost)

    def remove(self, path: Path) -> None:
        """As ``RoundRobin.remove``."""
        self._queue.remove(path)

    # The methods that asyncio.Queue leaves to its subclasses, such as its own PriorityQueue.
    def _init(self, maxsize: int) -> None:
        del maxsize
        self._queue = RoundRobin(self._quantum)

    def _put(self, item: tuple[Path, float, Item]) -> None:
        self._queue.add(item[0], item[1], item)

    def _get(self) -> tuple[Path, float, Item]:
        return self._queue.take()


def _items(flow: _Flow[Item]) -> int:
    return len(flow.items) + sum(map(_items, flow.inner.values()))
