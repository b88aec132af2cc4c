"""Replaces the texts of segments in a copy of the document; only the containers on their paths are copied.

The caller's document is never changed: a fallback to another deployment masks it again.
"""

from collections.abc import Mapping, Sequence

import orjson

from gateway.errors import RedactionFailed
from gateway.text.places import FIXED
from gateway.types import Json, Path, Segment


def replace_segments(
    document: Json, segments: Sequence[Segment], replacements: Mapping[int, str]
) -> Json:
    """``document`` with the text of each segment named in ``replacements`` (by index) replaced.

    A number becomes a string, unless its new text is a number. A key is renamed in place, and keeps its position in the object.

    Raises:
        RedactionFailed: an identifier would be replaced, or two keys would become one.
    """
    copy = _Copy(document)
    names: dict[Path, dict[str, str]] = {}
    for index, text in replacements.items():
        segment = segments[index]
        if segment.place in FIXED:
            raise RedactionFailed("An identifier can't be replaced.")
        if segment.place == "key":
            names.setdefault(segment.path[:-1], {})[str(segment.path[-1])] = text
        else:
            copy.set(segment.path, _json_value(segment, text))
    # The deepest keys first: a renamed key would invalidate the paths of those below it.
    for path in sorted(names, key=len, reverse=True):
        copy.rename(path, names[path])
    return copy.document


def _json_value(segment: Segment, text: str) -> Json:
    return orjson.loads(text) if segment.place == "number" and text.isdecimal() else text


class _Copy:
    """A document of which each changed container is copied once."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self._own: dict[Path, Json] = {}

    def set(self, path: Path, value: Json) -> None:
        self._container(path[:-1])[path[-1]] = value

    def rename(self, path: Path, names: Mapping[str, str]) -> None:
        container = self._container(path)
        # Rebuilt, since a dict has no rename that keeps the order of its keys.
        renamed = {names.get(key, key): value for key, value in container.items()}
        if len(renamed) != len(container):
            raise RedactionFailed("Two keys of one object would have the same name after masking.")
        container.clear()
        container.update(renamed)

    def _container(self, path: Path) -> Json:
        """The copy of the container at ``path``; it and those above it are copied when first needed."""
        known = len(path)
        while known >= 0 and path[:known] not in self._own:
            known -= 1
        for depth in range(known + 1, len(path) + 1):
            self._copy_at(path[:depth])
        return self._own[path]

    def _copy_at(self, path: Path) -> None:
        if not path:
            self.document = self._own[path] = self.document.copy()
            return
        parent = self._own[path[:-1]]
        parent[path[-1]] = self._own[path] = parent[path[-1]].copy()
