"""Builds a JSON object from leaves, in the order in which the events of a reply bring them."""

from gateway.errors import UpstreamFailed
from gateway.types import Json, Path


class JsonBuilder:
    """Leaves by path. Indices only give the order of items: missing ones leave no gaps.

    A model server chooses the indices, so a list that is allocated by index could exhaust memory.
    """

    def __init__(self) -> None:
        self._root: dict[str | int, Json] = {}

    def put(self, path: Path, value: Json) -> None:
        """Set a leaf, replacing an earlier value.

        Raises:
            UpstreamFailed: there is an object at the path.
        """
        parent = self._parent(path)
        if isinstance(parent.get(path[-1]), dict):
            raise _contradiction()
        parent[path[-1]] = value

    def add(self, path: Path, text: str) -> None:
        """Set a text, or append to it.

        Raises:
            UpstreamFailed: there is something other than text at the path.
        """
        parent = self._parent(path)
        before = parent.get(path[-1])
        if before is not None and not isinstance(before, str):
            raise _contradiction()
        parent[path[-1]] = text if before is None else before + text

    def json(self) -> dict[str, Json]:
        """The object that the leaves make up.

        Raises:
            UpstreamFailed: a container has both indices and keys.
        """
        built = _built(self._root)
        if not isinstance(built, dict):
            raise _contradiction()
        return built

    def _parent(self, path: Path) -> dict[str | int, Json]:
        node = self._root
        for step in path[:-1]:
            node = node.setdefault(step, {})
            if not isinstance(node, dict):
                raise _contradiction()
        return node


def _built(node: Json) -> Json:
    """The node as JSON: a container whose keys are all indices is an array."""
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(key, int) for key in node):
        return [_built(node[index]) for index in sorted(node)]
    if any(isinstance(key, int) for key in node):
        raise _contradiction()
    return {key: _built(value) for key, value in node.items()}


def _contradiction() -> UpstreamFailed:
    return UpstreamFailed("The model server's reply contradicts itself.", fallback=False)
