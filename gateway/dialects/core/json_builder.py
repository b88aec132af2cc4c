"""A JSON object put together leaf by leaf, as the events of a reply bring them."""

from gateway.errors import UpstreamFailed
from gateway.types import Json, Path


class JsonBuilder:
    """Leaves by path. An index stands for its rank: items keep their order and leave no gaps."""

    def __init__(self) -> None:
        self._root: dict[str | int, Json] = {}

    def put(self, path: Path, value: Json) -> None:
        """Set a leaf, in place of what it held.

        Raises:
            UpstreamFailed: an object stands there.
        """
        parent = self._parent(path)
        if isinstance(parent.get(path[-1]), dict):
            raise _contradiction()
        parent[path[-1]] = value

    def add(self, path: Path, text: str) -> None:
        """Set a text, or append to it.

        Raises:
            UpstreamFailed: something else stands there.
        """
        parent = self._parent(path)
        before = parent.get(path[-1])
        if before is not None and not isinstance(before, str):
            raise _contradiction()
        parent[path[-1]] = text if before is None else before + text

    def json(self) -> dict[str, Json]:
        """The object that the leaves make."""
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
    """Objects as they are, and arrays from the objects whose keys are all indices."""
    if not isinstance(node, dict):
        return node
    if node and all(isinstance(key, int) for key in node):
        return [_built(node[index]) for index in sorted(node)]
    if any(isinstance(key, int) for key in node):
        raise _contradiction()
    return {key: _built(value) for key, value in node.items()}


def _contradiction() -> UpstreamFailed:
    return UpstreamFailed("The model server's reply contradicts itself.", fallback=False)
